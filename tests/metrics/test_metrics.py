"""What Prometheus reads: sockets, sends, refusals, batches, gaps of the relay and sweeps, of one process or several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from django_pairchat.exceptions import Rejected
from django_pairchat.metrics import checks
from django_pairchat.metrics.prometheus import PrometheusInstrument, process_instrument
from django_pairchat.notifications.services import sweep
from django_pairchat.realtime.relay import relay
from django_pairchat.services import send
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from django_pairchat.utils.instruments import Instrument, add_instrument, refused, remove_instrument
from tests.conftest import People

ROOT = Path(__file__).parents[2]
TOKEN = "only for tests"
WAIT_SECONDS = 20

Read = Callable[..., float | None]


def samples(text: str, parse: Any = text_string_to_metric_families) -> dict[tuple[str, frozenset[Any]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(text)
        for sample in family.samples
    }


@pytest.fixture
def read() -> Iterator[Read]:
    """The figures of this process from now on, by name and labels."""
    registry = CollectorRegistry()
    instrument = PrometheusInstrument(registry)
    add_instrument(instrument)
    yield lambda name, **labels: registry.get_sample_value(name, labels)
    remove_instrument(instrument)


@pytest.fixture
def threads(transactional_db: None) -> Iterator[None]:
    yield
    stop_live_threads()


def eventually(read: Callable[[], float | None], value: float) -> None:
    """A client has its answer before the figures are kept."""
    deadline = time.monotonic() + WAIT_SECONDS
    while read() != value and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read() == value


async def test_a_socket_its_sends_and_its_refusals_are_counted(
    threads: None, people: People, room: Any, read: Read
) -> None:
    # A message of the one who has opened the room would wait for the limit of a day, and come in a batch again.
    page = ChatCommunicator(people.juwon)
    await page.connect()
    assert read("pairchat_sockets") == 1
    for text in ("one", "two"):
        await page.send(room, text)
    assert (await page.request("read", room=str(room.pk), seq="x"))["code"] == "bad_request"
    eventually(lambda: read("pairchat_sends_total"), 2)
    assert read("pairchat_send_batch_size_sum") == 2
    batches = read("pairchat_send_batch_seconds_count")
    assert batches in (1, 2)
    assert read("pairchat_send_batch_size_count") == batches
    assert read("pairchat_send_queue_length") == 0
    assert read("pairchat_refusals_total", code="bad_request") == 1
    await page.disconnect()
    assert read("pairchat_sockets") == 0


async def test_a_repetition_is_no_second_send(threads: None, people: People, room: Any, read: Read) -> None:
    # A message of the one who has opened the room would wait for the limit of a day, and come in a batch again.
    page = ChatCommunicator(people.juwon)
    await page.connect()
    for _ in range(2):
        await page.send(room, "once", client_id="00000000-0000-4000-8000-000000000001")
    eventually(lambda: read("pairchat_send_batch_size_sum"), 2)
    assert read("pairchat_sends_total") == 1
    await page.disconnect()


@pytest.mark.django_db
def test_what_forms_endpoints_and_the_hosts_code_send_is_counted_too(people: People, room: Any, read: Read) -> None:
    send(room, people.minji, "from a task")
    client = Client()
    client.force_login(people.juwon)
    page = reverse("pairchat:send", args=[room.pk])
    message = {"content": "from a form", "client_id": "00000000-0000-4000-8000-000000000001"}
    assert client.post(page, message).status_code == 302
    endpoint = reverse("pairchat:api_messages", args=[room.pk])
    refusal = client.post(endpoint, {"content": "without an id"}, "application/json").json()
    assert read("pairchat_sends_total") == 2
    assert read("pairchat_refusals_total", code=refusal["code"]) == 1
    assert client.post(page, {**message, "content": ""}).status_code == 400
    assert read("pairchat_refusals_total", code="empty") == 1


def test_a_code_of_the_hosts_own_makes_no_new_series(read: Read) -> None:
    refused(Rejected().code)
    refused("whatever-came-in")
    assert read("pairchat_refusals_total", code="rejected") == 1
    assert read("pairchat_refusals_total", code="other") == 1


@pytest.mark.django_db
def test_a_sweep_and_a_gap_are_noticed(read: Read) -> None:
    sweep()
    assert read("pairchat_sweep_seconds_count", sweep="notifications") == 1
    for number in (1, 2, 4):
        relay()._note("another process", number, is_beat=False)
    assert read("pairchat_relay_gaps_total") == 1


@pytest.mark.django_db
def test_an_instrument_that_fails_harms_nobody(people: People, room: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Instrument):
        def messages_sent(self, count: int) -> None:
            raise OSError("no space left on the device")

    broken = Broken()
    add_instrument(broken)
    try:
        assert send(room, people.minji, "still here").seq == 1
    finally:
        remove_instrument(broken)
    assert "A figure could not be kept" in caplog.text


@pytest.mark.urls("tests.metrics.urls")
class TestPage:
    url = "/internal/metrics/"

    @pytest.fixture(autouse=True)
    def installed(self, settings: Any) -> Iterator[None]:
        settings.PAIRCHAT_METRICS_TOKEN = TOKEN
        add_instrument(process_instrument())
        yield
        remove_instrument(process_instrument())

    def get(self, token: str | None = TOKEN, **headers: str) -> Any:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return Client().get(self.url, headers=headers)

    def test_it_can_be_scraped_in_both_formats(self) -> None:
        refused("busy")
        plain = self.get()
        assert plain.status_code == 200
        assert plain["Content-Type"].startswith("text/plain")
        assert "no-store" in plain["Cache-Control"]
        assert samples(plain.content.decode())["pairchat_refusals_total", frozenset({("code", "busy")})] >= 1
        open_metrics = self.get(accept="application/openmetrics-text; version=1.0.0")
        assert open_metrics["Content-Type"].startswith("application/openmetrics-text")
        found = samples(open_metrics.content.decode(), parse_openmetrics)
        assert found["pairchat_refusals_total", frozenset({("code", "busy")})] >= 1

    def test_the_names_are_those_of_the_page(self) -> None:
        page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
        families = text_string_to_metric_families(self.get().content.decode())
        found = {family.name + "_total" * (family.type == "counter") for family in families}
        ours = {name for name in found if name.startswith("pairchat_") and not name.endswith("_created")}
        assert ours == {line.split("`")[1] for line in page.splitlines() if line.startswith("| `pairchat_")}

    @pytest.mark.parametrize("token", [None, "", "another", TOKEN + "x"])
    def test_without_the_token_it_says_nothing(self, token: str | None) -> None:
        answer = self.get(token)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert b"pairchat_sockets" not in answer.content

    @pytest.mark.parametrize("unset", ["", None])
    def test_without_the_setting_nobody_reads_it(self, settings: Any, unset: str | None) -> None:
        settings.PAIRCHAT_METRICS_TOKEN = unset
        assert self.get("").status_code == 401
        assert self.get("None").status_code == 401
        assert [found.id for found in checks.check_token()] == ["pairchat_metrics.W001"]

    def test_it_is_only_read(self) -> None:
        assert Client().post(self.url).status_code == 405


@pytest.mark.django_db
def test_the_checks_are_silent_where_nothing_is_mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert checks.check_token() == []
    assert checks.check_directory() == []
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "missing"))
    assert [found.id for found in checks.check_directory()] == ["pairchat_metrics.W002"]
    assert not [found for found in run_checks() if str(found.id).startswith("pairchat_metrics")]


PREPARED = """
    import os, sys
    import django
    from django.conf import settings
    from tests.settings import default as given

    values = {name: getattr(given, name) for name in dir(given) if name.isupper()}
    if len(sys.argv) > 1:
        values["INSTALLED_APPS"] = [*values["INSTALLED_APPS"], "django_pairchat.metrics"]
    settings.configure(**values)
    django.setup()
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PREPARED) + textwrap.dedent(code), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_without_the_app_nothing_is_imported_or_called() -> None:
    asked = """
        import django_pairchat.asgi, django_pairchat.urls, django_pairchat.realtime.process
        from django_pairchat.utils import instruments
        names = [type(each).__module__ for each in instruments._instruments]
        print("prometheus_client" in sys.modules, [name for name in names if "metrics" in name])
    """
    process = run(asked)
    assert process.communicate(timeout=60)[0].strip() == "False []"


def test_the_figures_of_several_processes_are_added_up_and_those_of_a_killed_one_end(tmp_path: Path) -> None:
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    serving = """
        from django_pairchat.utils import instruments
        instruments.socket_opened()
        instruments.messages_sent(3)
        instruments.refused("busy")
        print("ready", flush=True)
        sys.stdin.read()
    """
    scraping = """
        from prometheus_client import generate_latest
        from django_pairchat.metrics.prometheus import registry_to_scrape
        print(generate_latest(registry_to_scrape()).decode())
    """
    servers = [run(serving, "metrics", **environment) for _ in range(2)]

    def scraped() -> dict[tuple[str, frozenset[Any]], float]:
        return samples(run(scraping, "metrics", **environment).communicate(timeout=60)[0])

    try:
        for server in servers:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
        found = scraped()
        assert found["pairchat_sends_total", frozenset()] == 6
        assert found["pairchat_refusals_total", frozenset({("code", "busy")})] == 2
        assert found["pairchat_sockets", frozenset()] == 2
        servers[0].send_signal(signal.SIGKILL)
        servers[0].wait()
        found = scraped()
        assert found["pairchat_sockets", frozenset()] == 1
        assert found["pairchat_sends_total", frozenset()] == 6
    finally:
        for server in servers:
            server.kill()
            server.communicate()
