"""Where a worker may connect to: public addresses only, judged after the name was resolved."""

from __future__ import annotations

import ipaddress
from socket import SOCK_STREAM, getaddrinfo
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .outcome import Refused, Unreachable

PORTS: Final[dict[str, int]] = {"http": 80, "https": 443}
GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
SPECIAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Networks of protocols, examples and tunnels, whose addresses may stand for others. Not every Python knows all."""
LONGEST_URL: Final = 2048


def parsed(url: str) -> SplitResult:
    """Return the parts of an address that may be fetched. Raises ``Refused``."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise Refused("no address") from None
    if parts.scheme not in PORTS or not host or len(url) > LONGEST_URL:
        raise Refused("no address of a page")
    if parts.username is not None or parts.password is not None:
        raise Refused("credentials")
    if port not in (None, PORTS[parts.scheme]):
        raise Refused("a port of its own")
    if any(character <= " " or character == "\x7f" for character in url):
        raise Refused("control characters")
    return parts


def public_addresses(parts: SplitResult) -> list[str]:
    """Return the IP addresses behind the host. Raises ``Refused`` if one of them is not public, or ``Unreachable``.

    They are resolved once, and the connection goes to one of them: a name that means something else a moment later
    leads nowhere else.
    """
    try:
        host = str(parts.hostname).encode("idna").decode()
        found = getaddrinfo(host, parts.port or PORTS[parts.scheme], type=SOCK_STREAM)
    except UnicodeError:
        raise Refused("no name of a host") from None
    except OSError:
        raise Unreachable("its name is not known") from None
    addresses = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise Refused("not on the public internet")
    return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address is of the public internet, and stands for no other address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and ip not in GLOBAL_UNICAST:
        return False
    special = ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local
    return ip.is_global and not special and not any(ip in network for network in SPECIAL)
