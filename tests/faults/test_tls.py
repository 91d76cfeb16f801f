"""daphne ends TLS itself, and does not tell it of a socket."""

from __future__ import annotations

import datetime as dt
import ipaddress
import uuid
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidStatus

from .client import Socket
from .machines import Pair, Site


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with a certificate for this machine, which it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return tmp_path


async def test_a_page_that_came_over_the_tls_of_daphne_gets_its_socket(
    site: Site, pair: Pair, certificate: Path
) -> None:
    with site.workers(1, "daphne with TLS", TLS_FOLDER=str(certificate)) as workers:
        [worker] = workers
        assert worker.url.startswith("https://")
        async with await Socket.open(worker, pair.people[0]) as socket:
            fields = {"client_id": str(uuid.uuid4()), "content": "hello"}
            assert (await socket.request("send", room=pair.room, **fields))["type"] == "ok"
        with pytest.raises(InvalidStatus, match="403"):
            await Socket.open(worker, pair.people[0], origin="https://elsewhere.example")
