"""People of two tenants never meet, although their keys, and those of their rooms, are the same."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django_tenants.utils import get_tenant_domain_model, get_tenant_model, schema_context

from django_pairchat import get_message_model, namespace, services
from django_pairchat.core import uploads
from django_pairchat.node import get_node
from django_pairchat.testing import ChatCommunicator, stop_live_threads

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("north", "south")


class Tenant(NamedTuple):
    name: str
    host: str
    minji: Any
    juwon: Any
    key: str

    def client(self, user: Any) -> Client:
        client = Client(HTTP_HOST=self.host)
        with schema_context(self.name):
            client.force_login(user)
        return client

    def messages(self) -> list[str]:
        with schema_context(self.name):
            return list(get_message_model().objects.order_by("seq").values_list("content", flat=True))


def make_tenant(name: str) -> Tenant:
    site = get_tenant_model()(schema_name=name, name=name)
    site.save(verbosity=0)
    host = f"{name}.example"
    get_tenant_domain_model().objects.create(domain=host, tenant=site, is_primary=True)
    with schema_context(name):
        users = get_user_model()._default_manager
        minji, juwon = (users.create(pk=pk, username=word) for pk, word in ((1, "minji"), (2, "juwon")))
        return Tenant(name, host, minji, juwon, str(services.open_room(minji, juwon).pk))


@pytest.fixture
def tenants(transactional_db: None, settings: Any, tmp_path: Any) -> Iterator[tuple[Tenant, Tenant]]:
    settings.MEDIA_ROOT = str(tmp_path)
    connection.set_schema_to_public()
    made = tuple(map(make_tenant, NAMES))
    assert made[0].key == made[1].key
    yield made  # type: ignore[misc]  # two names, two tenants
    stop_live_threads()
    connection.set_schema_to_public()
    for site in get_tenant_model().objects.all():
        site.delete(force_drop=True)
    cache.clear()


def page(tenant: Tenant, client: Client) -> ChatCommunicator:
    opened = ChatCommunicator(origin=f"http://{tenant.host}")
    scope = opened._server.scope
    scope["headers"] = [(b"host", tenant.host.encode()), *(each for each in scope["headers"] if each[0] != b"host")]
    opened.client.cookies = client.cookies
    return opened


async def test_what_is_said_in_one_tenant_is_heard_there_only(tenants: tuple[Tenant, Tenant]) -> None:
    north, south = tenants
    clients = [await sync_to_async(each.client)(each.juwon) for each in tenants]
    writer = await sync_to_async(north.client)(north.minji)
    async with page(north, clients[0]) as in_north, page(south, clients[1]) as in_south, page(north, writer) as minji:
        message = {"room": north.key, "client_id": str(uuid4())}
        # By a socket, by an endpoint, and by the host's own code.
        assert (await minji.request("send", **message, content="one"))["type"] == "ok"
        sent = await sync_to_async(post)(north, north.minji, "two")
        assert sent.status_code == 201
        await sync_to_async(say)(north, "three")
        heard = [(await in_north.event("message"))["message"]["content"] for _each in range(3)]
        assert heard == ["one", "two", "three"]
        await minji.request("typing_not_known")
        assert [event for event in await in_south.events() if event["kind"] != "presence"] == []
        history = await in_south.request("history", room=south.key)
        assert history["messages"] == []
    assert (await sync_to_async(north.messages)(), await sync_to_async(south.messages)()) == (heard, [])


async def test_what_is_set_over_http_is_told_to_the_sockets_of_the_tenant(tenants: tuple[Tenant, Tenant]) -> None:
    north, south = tenants
    await sync_to_async(say)(north, "one")
    clients = [await sync_to_async(each.client)(each.juwon) for each in tenants]
    async with page(north, clients[0]) as in_north, page(south, clients[1]) as in_south:
        await sync_to_async(archive)(north)
        while not (await in_north.event("room"))["room"]["me"]["archived"]:
            pass
        assert [event for event in await in_south.events() if event["kind"] == "room"] == []


def archive(tenant: Tenant) -> None:
    """As a view does, in a thread of the host's."""
    with schema_context(tenant.name):
        services.change_settings(tenant.juwon, tenant.key, archived=True)


def post(tenant: Tenant, user: Any, content: str) -> Any:
    body = {"client_id": str(uuid4()), "content": content}
    address = f"/chat/api/rooms/{tenant.key}/messages/"
    return tenant.client(user).post(address, body, content_type="application/json")


def say(tenant: Tenant, content: str) -> None:
    with schema_context(tenant.name):
        services.send(tenant.key, tenant.minji, content)


async def test_presence_stays_within_a_tenant(tenants: tuple[Tenant, Tenant]) -> None:
    north = tenants[0]
    juwon = await sync_to_async(north.client)(north.juwon)
    lookers = [(each, await sync_to_async(each.client)(each.minji)) for each in tenants]
    online = []
    async with page(north, juwon) as present:
        await present.request("focus", room=north.key, active=True)
        await present.request("ping")
        for tenant, client in lookers:
            async with page(tenant, client) as looking:
                await looking.request("focus", room=tenant.key, active=False)
                online.append((await looking.event("presence"))["online"])
    assert online == [True, False]


async def test_the_session_of_one_tenant_opens_nothing_in_another(tenants: tuple[Tenant, Tenant]) -> None:
    north, south = tenants
    client = await sync_to_async(north.client)(north.juwon)
    opened = page(south, client)
    assert (await opened.connect())["code"] == 4401
    await opened.disconnect()


async def test_a_host_of_no_tenant_is_refused_before_the_upgrade(tenants: tuple[Tenant, Tenant]) -> None:
    stranger = page(tenants[0]._replace(host="elsewhere.example"), Client())
    with pytest.raises(ConnectionRefusedError):
        await stranger.connect()
    await stranger.disconnect()


def test_what_is_committed_elsewhere_is_told_where_it_was_done(tenants: tuple[Tenant, Tenant]) -> None:
    north, _south = tenants
    told: list[tuple[str, Any]] = []

    def note(sender: Any, message: Any, **kwargs: Any) -> None:
        told.append((connection.schema_name, get_node().tenant))

    from django_pairchat.signals import message_sent

    message_sent.connect(note)
    try:
        with transaction.atomic():
            say(north, "hello")
        assert told == [("north", "north")]
    finally:
        message_sent.disconnect(note)


def test_rates_are_those_of_a_tenant(tenants: tuple[Tenant, Tenant], settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SENDS_PER_MINUTE": 1, "SEND_BURST": 1}
    statuses = [post(each, each.minji, "hello").status_code for each in (*tenants, *tenants)]
    assert statuses == [201, 201, 429, 429]


def test_a_token_of_one_tenant_is_none_in_another(tenants: tuple[Tenant, Tenant]) -> None:
    north, south = tenants
    file = SimpleUploadedFile("note.txt", b"secret of the north")
    upload = north.client(north.minji).post("/chat/api/uploads/", {"room": north.key, "file": file}).json()["upload"]
    body = {"client_id": str(uuid4()), "content": "", "attachment": upload}
    address = f"/chat/api/rooms/{south.key}/messages/"
    refused = south.client(south.minji).post(address, body, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (400, "attachment")
    assert north.client(north.minji).post(address, body, content_type="application/json").status_code == 201


def test_no_tenant_takes_the_files_of_another_for_forgotten_ones(
    tenants: tuple[Tenant, Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = tenants
    test_a_token_of_one_tenant_is_none_in_another(tenants)
    late = uploads.timezone.now() + uploads.timedelta(hours=30)
    monkeypatch.setattr(uploads.timezone, "now", lambda: late)
    with schema_context(south.name):
        call_command("pairchat_delete_orphans", stdout=StringIO())
    found = north.client(north.juwon).get(f"/chat/rooms/{north.key}/files/1/")
    assert b"".join(found.streaming_content) == b"secret of the north"


def test_each_tenant_has_names_of_its_own() -> None:
    names = []
    for name in NAMES:
        with schema_context(name):
            names.append((namespace.own().group, namespace.cache_key("rate", "1"), namespace.own().key))
    assert all(one != other for one, other in zip(*names, strict=True))


def test_without_a_tenancy_the_checks_are_not_silent(settings: Any) -> None:
    assert "pairchat.E032" not in [found.id for found in run_checks(tags=["pairchat"])]
    settings.PAIRCHAT = {name: value for name, value in settings.PAIRCHAT.items() if name != "TENANCY"}
    assert "pairchat.E032" in [found.id for found in run_checks(tags=["pairchat"])]
    settings.PAIRCHAT = {**settings.PAIRCHAT, "TENANCY": "django_pairchat.policy.Policy"}
    assert "pairchat.E031" in [found.id for found in run_checks(tags=["pairchat"])]
