"""A walk through every page of the chat and what can be seen on it, for tests that look at all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from .board import Board
from .conftest import PASSWORD
from .helpers import composer, live, message, open_menu

# What a chat can hold, with texts that are long, short, hostile to a layout, and of either direction.
FILL = """
import io, json
from datetime import timedelta
from uuid import uuid4
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from django.utils import timezone
from deals import actions as deals
from posts.models import Post
from django_pairchat import services

def person(username, name):
    return User.objects.create_user(username, first_name=name, password={password!r})

def chat(peer, title, *texts):
    topic = Post.objects.create(author=peer, kind="found", title=title, place="Station", body="Whose is it?")
    room = services.open_room(me, peer, topic=topic)
    for text in texts:
        services.send(room, peer, text)
    return room

def key(room):
    return str(room.pk)

def upload(user, room, file, name, text):
    token = services.store_upload(user, key(room), ContentFile(file, name=name)).token
    services.send_once(user, key(room), client_id=str(uuid4()), content=text, upload=token)

me, other = person("me{mark}", "Me"), person("other{mark}", "عمر")
peer = person("peer{mark}", "민지 Fernández-Überlang")
full = chat(peer, "Umbrella with a very long name that does not fit into one line of a phone", "Hello", "W" * 300)
mine = services.send(full, me, "See https://example.com/a/very/long/address/that/does/not/break/anywhere?at=all")
services.react(peer, key(full), mine.seq, "🎉")
services.send(full, peer, "مرحبا بك", reply_to=mine.seq)
gone = services.send(full, me, "never mind")
services.delete(me, key(full), gone.seq)
changed = services.send(full, me, "Is it still there")
services.edit(me, key(full), changed.seq, "Is it still there?")
picture = io.BytesIO()
Image.new("RGB", (900, 600), "#557755").save(picture, "PNG")
upload(peer, full, picture.getvalue(), "umbrella.png", "This is the one")
upload(peer, full, b"what was agreed", "a-rather-long-name-for-so-small-a-file-of-notes.txt", "")
together = [SimpleUploadedFile(f"photo-{{number}}.png", picture.getvalue()) for number in range(3)]
services.send_with_files(peer, key(full), client_id=uuid4(), content="", files=together)
sound = SimpleUploadedFile("rain.ogg", b"OggS" + bytes(60))
services.send_with_file(peer, key(full), client_id=uuid4(), content="", file=sound)
speech = SimpleUploadedFile("voice.ogg", b"OggS" + bytes(60))
spoken = services.send_with_file(peer, key(full), client_id=uuid4(), content="", file=speech).message
spoken.attachment_info["voice"] = {{"duration": 3.2, "waveform": [5, 40, 90, 60, 10]}}
spoken.save(update_fields=["attachment_info"])
deals.make_offer(me, key(full), uuid4(), 12_000)
deals.suggest_meeting(peer, key(full), uuid4(), timezone.now() + timedelta(days=1), "The café at the third exit")
deals.make_offer(peer, key(full), uuid4(), 100_000_000)
services.send(full, None, "The post was taken down.", kind="system")
archived = chat(other, "Key", "Thanks")
services.change_settings(me, key(archived), archived=True)
services.change_settings(me, key(full), pinned=True)
services.save_quick_reply(me, "Yes, it is still there.")
for starred in (1, mine.seq):
    services.star(me, key(full), starred)
blocked = chat(other, "Bicycle", "Buy something!")
services.change_settings(me, key(blocked), blocked=True)
muted = chat(person("third{mark}", "O"), "Hat", "Hello?")
services.change_settings(me, key(muted), muted_until=timezone.now() + timedelta(hours=8))
left = person("left{mark}", "Somebody who leaves")
alone = chat(left, "Scarf", "Bye")
left.delete()
new = person("new{mark}", "New")
print(json.dumps({{"me": me.username, "newcomer": new.username, "full": key(full), "blocked": key(blocked),
                   "alone": key(alone), "mine": changed.seq, "theirs": 1,
                   "post": Post.objects.filter(title="Hat").latest("pk").pk}}))
"""


@dataclass(frozen=True)
class Places:
    """``me`` and ``newcomer`` log in with these names. ``full`` is a room with everything in it; ``mine`` and
    ``theirs`` are numbers of messages there that say ``my_text`` and ``their_text``; ``word`` is in some of them."""

    me: str
    newcomer: str
    full: str
    blocked: str
    alone: str
    mine: int
    theirs: int
    post: int
    my_text: str = "Is it still there?"
    their_text: str = "Hello"
    word: str = "is"
    unsent: str = "until later"


def furnish(board: Board) -> Places:
    """For people of its own, whom nobody else knows."""
    return places_of(board.manage("shell", "-c", FILL.format(mark=uuid4().hex[:8], password=PASSWORD)))


def places_of(printed: str) -> Places:
    """What a script says last of what it has filled."""
    return Places(**json.loads(printed.splitlines()[-1]))


def walk(me: Page, newcomer: Page, places: Places) -> Iterator[tuple[str, Page]]:
    """Goes everywhere; says where it is and on which page."""
    for name, address in addresses(places):
        me.goto(address)
        yield name, me
    newcomer.goto("/chat/")
    yield "an empty list", newcomer
    for name, step in [*in_the_list(places), *in_the_gallery(places), *in_a_room(places), *in_writing(places)]:
        step(me)
        yield name, me


def addresses(places: Places) -> list[tuple[str, str]]:
    room = f"/chat/rooms/{places.full}/"
    return [
        ("the board", "/"),
        ("a post with a button", f"/posts/{places.post}/"),
        ("the list", "/chat/"),
        ("the archive", "/chat/?archived=1"),
        ("unread chats", "/chat/?unread=1"),
        ("starred messages", "/chat/starred/"),
        ("one's chat settings", "/chat/preferences/"),
        ("one's quick replies", "/chat/quick-replies/"),
        ("a search", f"/chat/search/?query={places.word}"),
        ("a search without a result", "/chat/search/?query=nowhere"),
        ("a search in a room", f"/chat/search/?query={places.word}&room={places.full}"),
        ("the photos of a chat", f"{room}gallery/"),
        ("the files of a chat", f"{room}gallery/?tab=files"),
        ("the links of a chat", f"{room}gallery/?tab=links"),
        ("a report of a chat", f"{room}report/"),
        ("a report of a message", f"{room}report/?seq={places.theirs}"),
        ("a report that was sent", f"{room}?reported=1"),
        ("a message of one's own", f"{room}messages/{places.mine}/"),
        ("a message of the peer", f"{room}messages/{places.theirs}/"),
        ("a reply without a script", f"{room}?reply={places.theirs}"),
        ("older messages", f"{room}?before={places.mine}"),
        ("a room that was blocked", f"/chat/rooms/{places.blocked}/"),
        ("a room that the peer has left", f"/chat/rooms/{places.alone}/"),
    ]


Step = Callable[[Page], None]


def part(page: Page, name: str) -> Locator:
    return page.locator(f"pair-chat [data-pc-part={name}]")


def in_the_list(places: Places) -> Iterator[tuple[str, Step]]:
    def row(page: Page) -> None:
        page.goto("/chat/")
        page.locator(f'.pc-panes .pc-row[data-room="{places.full}"] [data-pc-part=acts]').click()
        expect(page.locator("pair-chat-inbox [data-pc-part=row-menu]")).to_be_visible()

    yield "the menu of a row", row


def in_the_gallery(places: Places) -> Iterator[tuple[str, Step]]:
    def photo(page: Page) -> None:
        page.goto(f"/chat/rooms/{places.full}/gallery/")
        page.locator("[data-pc-action=enlarge]").first.click()
        expect(page.locator("dialog[open] img")).to_be_visible()

    yield "a photo of the gallery", photo


def in_a_room(places: Places) -> Iterator[tuple[str, Step]]:
    def room(page: Page) -> None:
        page.goto(f"/chat/rooms/{places.full}/")
        live(page)
        expect(page.locator("pair-chat .pc-player").last).to_be_visible()

    def dock(page: Page) -> None:
        page.goto("/")
        page.locator("[data-pc-part=dock-button]").click()
        page.locator(f'.pc-dock-panel .pc-row[data-room="{places.full}"] a').click()
        expect(page.locator(".pc-dock-panel pair-chat .pc-message").last).to_be_visible()

    def settings(page: Page) -> None:
        part(page, "settings").locator("summary").first.click()
        for summary in part(page, "settings").locator("details > summary").all():
            summary.click()

    def menu(page: Page) -> None:
        page.keyboard.press("Escape")
        open_menu(page, places.my_text)

    def delete(page: Page) -> None:
        part(page, "menu").locator("[data-pc-action=delete]").click()
        expect(page.locator("dialog[open]")).to_be_visible()

    def another_emoji(page: Page) -> None:
        page.locator("dialog[open] button[value=cancel]").click()
        open_menu(page, places.their_text).locator("[data-pc-action=react-other]").click()
        expect(page.locator("dialog[open] input")).to_be_focused()

    def photo(page: Page) -> None:
        page.locator("dialog[open] button[value=cancel]").click()
        page.locator("pair-chat [data-pc-part=image]:visible").first.click()
        expect(page.locator("dialog[open] img")).to_be_visible()

    def search_inside(page: Page) -> None:
        page.keyboard.press("Escape")
        page.locator("[data-pc-action=find]").click()
        page.locator("[data-pc-slot=find]").fill(places.word)
        page.locator("[data-pc-slot=find]").press("Enter")
        expect(page.locator("[data-pc-slot=find-count]")).to_contain_text("1/")

    yield "the dock", dock
    yield "a room", room
    yield "the settings of a room", settings
    yield "the menu of a message", menu
    yield "a question before deleting", delete
    yield "another emoji", another_emoji
    yield "a photo", photo
    yield "a search inside a room", search_inside


def in_writing(places: Places) -> Iterator[tuple[str, Step]]:
    def reply(page: Page) -> None:
        page.keyboard.press("Escape")
        open_menu(page, places.their_text).locator("[data-pc-action=reply]").click()
        expect(page.locator("#composer [data-pc-part=replying]")).to_be_visible()

    def edit(page: Page) -> None:
        open_menu(page, places.my_text).locator("[data-pc-action=edit]").click()
        expect(page.locator("#composer [data-pc-part=editing]")).to_be_visible()

    def files(page: Page) -> None:
        page.locator("[data-pc-action=cancel-edit]").click()
        page.locator("#composer [data-pc-slot=file]").set_input_files(
            [
                {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"what was agreed"},
                {"name": "program.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
            ]
        )
        expect(page.locator("pair-chat-files .pc-upload")).to_have_count(2)

    def almost_too_long(page: Page) -> None:
        for left in (1, 0):
            page.locator("pair-chat-files [data-pc-action=remove-file]").first.press("Enter")
            expect(page.locator("pair-chat-files .pc-upload")).to_have_count(left)
        composer(page).fill("long " * 790)
        expect(page.locator("#composer [data-pc-slot=counter]")).to_be_visible()

    def offline(page: Page) -> None:
        page.context.set_offline(True)
        composer(page).fill(places.unsent)
        page.locator("#composer [data-pc-action=send]").click()
        expect(message(page, places.unsent)).to_have_attribute("data-status", "sending")
        expect(part(page, "connection")).to_be_visible()

    yield "a reply", reply
    yield "an edit", edit
    yield "files that are to be sent, and one that cannot be", files
    yield "a text that is almost too long", almost_too_long
    yield "an unsent message without a connection", offline
