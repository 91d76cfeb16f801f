"""What staff see of conversations, and what they cannot do to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from django_pairchat import get_message_model, get_room_model
from django_pairchat.services import change_settings, open_room, react, send
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin.urls")]

SECRET = "the wallet is under the bench"
Staff = Callable[..., Client]


@pytest.fixture
def staff() -> Staff:
    """``staff("view_room", …)``: a client signed in as somebody with these permissions."""

    def sign_in(*codenames: str, **fields: Any) -> Client:
        user = make_user("Desk", is_staff=True, **fields)
        permissions = Permission.objects.filter(
            codename__in=codenames, content_type__app_label=get_room_model()._meta.app_label
        )
        assert len(permissions) == len(codenames)
        user.user_permissions.set(permissions)
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def message(people: People, room: Any) -> Any:
    return send(room, people.minji, SECRET)


def address(model: Any, act: str, *args: Any, site: str = "desk") -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}"
    return reverse(name, args=args, current_app=site)


def rooms(act: str = "changelist", *args: Any) -> str:
    return address(get_room_model(), act, *args)


def messages(act: str = "changelist", *args: Any) -> str:
    return address(get_message_model(), act, *args)


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


# Read only


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_adds_or_changes_anything(staff: Staff, room: Any, message: Any, superuser: bool) -> None:
    every = [f"{act}_{name}" for act in ("view", "add", "change", "delete") for name in ("room", "message")]
    client = staff(*every, is_superuser=superuser)
    before = [get_room_model().objects.values().get(), get_message_model().objects.values().get()]
    assert client.get(rooms("add")).status_code == 403
    assert client.get(messages("add")).status_code == 403
    assert client.post(rooms("change", room.pk), {"topic_title": "changed"}).status_code == 403
    assert client.post(messages("change", message.pk), {"content": "changed"}).status_code == 403
    assert [get_room_model().objects.values().get(), get_message_model().objects.values().get()] == before


@pytest.mark.parametrize("url", [rooms, messages])
def test_without_permission_to_view_there_is_nothing_to_see(staff: Staff, message: Any, url: Any) -> None:
    assert staff("read_message_content").get(url()).status_code == 403


def test_a_room_shows_every_column_but_the_internal_ones(staff: Staff, room: Any) -> None:
    page = text(staff("view_room"), rooms("change", room.pk))
    shown = {field.name for field in room._meta.fields if f"field-{field.name}" in page}
    hidden = {field.name for field in room._meta.fields} - shown
    assert hidden == {
        "pair_key",
        "topic_details",
        "user1_read_shown",
        "user1_has_unread",
        "user2_read_shown",
        "user2_has_unread",
    }


def test_a_room_leads_to_its_messages_and_to_no_others(staff: Staff, people: People, room: Any) -> None:
    sent = send(room, people.minji, SECRET)
    other = send(open_room(people.minji, people.stranger), people.minji, "elsewhere")
    client = staff("view_room", "view_message")
    link = f"{messages()}?room__exact={room.pk}"
    assert link in text(client, rooms())
    page = text(client, link)
    assert messages("change", sent.pk) in page
    assert messages("change", other.pk) not in page


def test_an_admin_without_messages_shows_their_number(staff: Staff, message: Any) -> None:
    page = text(staff("view_room"), address(get_room_model(), "changelist", site="rooms_only"))
    assert '<td class="field-message_list">1</td>' in page


def test_rooms_are_found_by_topic_and_by_what_people_sign_in_with(staff: Staff, people: People, room: Any) -> None:
    about = open_room(people.stranger, people.juwon, make_topic("Found: one glove"))
    client = staff("view_room")
    by_topic = text(client, f"{rooms()}?q=glove")
    by_name = text(client, f"{rooms()}?q={people.minji.get_username()}")
    assert rooms("change", about.pk) in by_topic
    assert rooms("change", room.pk) not in by_topic
    assert rooms("change", room.pk) in by_name
    assert rooms("change", about.pk) not in by_name


def test_a_blocked_room_is_marked(staff: Staff, people: People, room: Any, key: str) -> None:
    client = staff("view_room")
    assert 'alt="False"' in text(client, rooms())
    change_settings(people.minji, key, blocked=True)
    assert 'alt="True"' in text(client, rooms())


def test_a_message_of_an_account_that_is_gone_can_be_looked_at(staff: Staff, people: People, message: Any) -> None:
    people.minji.delete()
    client = staff("view_room", "view_message", "read_message_content")
    assert SECRET in text(client, messages())
    assert SECRET in text(client, messages("change", message.pk))
    assert messages("change", message.pk) in text(client, messages())
    assert rooms("change", message.room_id) in text(client, rooms())


# What was written


def test_without_the_permission_to_read_the_admin_shows_lengths_only(
    staff: Staff, people: People, room: Any, key: str, message: Any
) -> None:
    react(people.juwon, key, message.seq, "👍")
    get_message_model().objects.filter(pk=message.pk).update(
        data={"note": "unseen data"}, attachment_info={"name": "unseen.png"}
    )
    client = staff("view_room", "view_message")
    length = f'<td class="field-content_length">{len(SECRET)}</td>'
    for url in (rooms(), rooms("change", room.pk), messages(), messages("change", message.pk)):
        page = text(client, url)
        assert not [piece for piece in (SECRET, "unseen", "👍") if piece in page]
    page = text(client, messages())
    assert length in page
    assert 'name="q"' not in page


def test_with_the_permission_to_read_the_admin_shows_texts(staff: Staff, message: Any) -> None:
    client = staff("view_message", "read_message_content")
    assert SECRET in text(client, messages())
    assert SECRET in text(client, messages("change", message.pk))
    assert 'name="q"' in text(client, messages())


def test_a_long_text_is_cut_in_the_list_and_whole_on_its_page(staff: Staff, people: People, room: Any) -> None:
    long = send(room, people.minji, "wallet " * 100)
    client = staff("view_message", "read_message_content")
    assert long.content not in text(client, messages())
    assert long.content.strip() in text(client, messages("change", long.pk))


def test_texts_are_not_even_read_from_the_database_without_the_permission(staff: Staff, message: Any) -> None:
    client = staff("view_message")
    with counted() as statements:
        text(client, messages())
        text(client, messages("change", message.pk))
    table = get_message_model()._meta.db_table
    column = f"{table}.content".replace('"', "")
    asked = [sql.replace('"', "").replace("`", "") for sql in statements.texts]
    assert any(f"LENGTH({column})" in sql for sql in asked)
    assert not [sql for sql in asked if f"{column}," in sql or f"{column} " in sql]


@pytest.mark.parametrize(
    "query",
    ["content__startswith=the", "content=x", "data__note=x", "attachment__contains=x", "reactions__contains=1"],
)
def test_without_the_permission_texts_cannot_be_guessed_by_filters(staff: Staff, message: Any, query: str) -> None:
    assert staff("view_message").get(f"{messages()}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["messages__content__contains=wallet", "messages__data__isnull=1"])
def test_texts_cannot_be_guessed_by_way_of_the_rooms(staff: Staff, message: Any, query: str) -> None:
    assert staff("view_room").get(f"{rooms()}?{query}").status_code == 400


def test_without_the_permission_a_search_is_not_carried_out(staff: Staff, message: Any) -> None:
    page = text(staff("view_message"), f"{messages()}?q=nothing-like-it")
    assert messages("change", message.pk) in page


def test_with_the_permission_texts_are_searched(staff: Staff, people: People, room: Any, message: Any) -> None:
    other = send(room, people.juwon, "thank you")
    page = text(staff("view_message", "read_message_content"), f"{messages()}?q=bench")
    assert messages("change", message.pk) in page
    assert messages("change", other.pk) not in page


# Deleting


def test_a_message_cannot_be_deleted_alone(staff: Staff, message: Any) -> None:
    client = staff(is_superuser=True)
    assert client.post(messages("delete", message.pk), {"post": "yes"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": [message.pk], "post": "yes"}
    client.post(messages(), selected)
    assert get_message_model().objects.count() == 1
    assert "delete_selected" not in text(client, messages())
    assert messages("delete", message.pk) not in text(client, messages("change", message.pk))


def test_whoever_may_delete_both_deletes_a_room_with_its_messages(staff: Staff, room: Any, message: Any) -> None:
    client = staff("view_room", "delete_room", "delete_message")
    assert rooms("delete", room.pk) in text(client, rooms("change", room.pk))
    client.post(rooms("delete", room.pk), {"post": "yes"})
    assert not get_room_model().objects.exists()
    assert not get_message_model().objects.exists()


def test_without_the_permission_to_delete_messages_a_room_with_messages_stays(
    staff: Staff, room: Any, message: Any
) -> None:
    staff("view_room", "delete_room").post(rooms("delete", room.pk), {"post": "yes"})
    assert get_room_model().objects.filter(pk=room.pk).exists()


def test_a_person_can_be_deleted_whose_conversations_go_along(staff: Staff, people: People, message: Any) -> None:
    people.minji.delete()
    client = staff(is_superuser=True)
    user_model = type(people.juwon)
    client.post(address(user_model, "delete", people.juwon.pk), {"post": "yes"})
    assert not user_model.objects.filter(pk=people.juwon.pk).exists()
    assert not get_room_model().objects.exists()


# Queries


@pytest.mark.parametrize("url", [rooms, messages])
def test_a_list_takes_as_many_queries_for_many_as_for_one(staff: Staff, people: People, room: Any, url: Any) -> None:
    client = staff("view_room", "view_message", "read_message_content")
    send(room, people.minji, "hello")
    with counted() as one:
        text(client, url())
    for number in range(5):
        another = open_room(make_user(f"Somebody {number}"), people.juwon, make_topic())
        send(another, people.juwon, "hello")
    with counted() as many:
        text(client, url())
    assert many.count == one.count


# Registration


@pytest.mark.skipif(not apps.is_installed("django_pairchat.default"), reason="the host registers its own models")
def test_the_default_models_are_registered() -> None:
    assert admin.site.is_registered(get_room_model())
    assert admin.site.is_registered(get_message_model())


# Legal hold


def choose(client: Client, action: str, *chosen: Any, **more: str) -> Any:
    data = {"action": action, "_selected_action": [str(room.pk) for room in chosen], **more}
    return client.post(rooms(), data, follow=True)


def held(room: Any) -> bool:
    return bool(get_room_model().objects.get(pk=room.pk).legal_hold)


def test_rooms_are_put_on_hold_and_released_and_the_admin_remembers_who_did(staff: Staff, room: Any) -> None:
    client = staff("view_room", "hold_conversation")
    assert "1 conversation was changed." in choose(client, "put_on_legal_hold", room).content.decode()
    assert held(room)
    # Nothing was to be done.
    choose(client, "put_on_legal_hold", room)
    choose(client, "release_from_legal_hold", room)
    assert not held(room)
    assert [str(entry.object_id) for entry in LogEntry.objects.all()] == [str(room.pk)] * 2


def test_without_the_permission_nobody_is_offered_it(staff: Staff, room: Any) -> None:
    client = staff("view_room")
    assert "put_on_legal_hold" not in text(client, rooms())
    choose(client, "put_on_legal_hold", room)
    assert not held(room)


def test_a_room_on_hold_is_not_deleted(staff: Staff, people: People, room: Any, message: Any) -> None:
    client = staff(is_superuser=True)
    choose(client, "put_on_legal_hold", room)
    assert client.post(rooms("delete", room.pk), {"post": "yes"}).status_code == 403
    other = open_room(people.minji, people.stranger)
    page = choose(client, "delete_selected", room, other, post="yes").content.decode()
    assert "1 conversation on legal hold was left." in page
    assert list(get_room_model().objects.values_list("pk", flat=True)) == [room.pk]
