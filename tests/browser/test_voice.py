"""Voice messages and recordings: made with the browser's microphone, heard by the other person."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Meet, SignIn
from .helpers import composer, faults, fill_room, keep_back, live, messages, overflow
from .test_files import choose, press_send

DENY = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
}"""
COUNT_QUESTIONS = """
  window.asked = 0;
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (how) => { window.asked += 1; return ask(how); };
"""

# Half red, half blue, and a second long.
FILM = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const over = new Promise(resolve => { recorder.onstop = resolve; });
  recorder.start();
  for (let frame = 0; frame < 25; frame += 1) {
    ['red', 'blue'].forEach((colour, at) => {
      context.fillStyle = colour;
      context.fillRect(at * 32, 0, 32, 36);
    });
    await new Promise(resolve => setTimeout(resolve, 40));
  }
  recorder.stop();
  await over;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""
# The colours at a quarter and at three quarters of what a film shows.
COLOURS = """film => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d');
  context.drawImage(film, 0, 0, 64, 36);
  return [16, 48].map(x => [...context.getImageData(x, 18, 1, 1).data].map(value => Math.round(value / 64)));
}"""
RED, BLUE = [4, 0, 0, 4], [0, 0, 4, 4]


def film_of(page: Page) -> dict[str, Any]:
    return {"name": "film.webm", "mimeType": "video/webm", "buffer": b64decode(page.evaluate(FILM))}


def file_requests(page: Page) -> list[str]:
    """The addresses of files that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/files/" in request.url else None)
    return asked


def shows_its_first_picture(film: Locator) -> None:
    expect(film).to_have_js_property("readyState", 4)
    assert film.evaluate(COLOURS) == [RED, BLUE]


@pytest.fixture
def pair(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    juwon, minji = sign_in("juwon", viewport={"width": 390, "height": 844}), sign_in("minji")
    juwon.add_init_script(COUNT_QUESTIONS)
    minji.goto(meet(juwon, minji))
    juwon.reload()
    live(juwon)
    live(minji)
    return juwon, minji


def record(page: Page) -> None:
    page.get_by_role("button", name="Record a voice message").click()
    expect(page.locator("[data-pc-part=voice]")).to_have_attribute("data-state", "recording")
    expect(page.locator("[data-pc-slot=voice-time]")).to_have_text("0:01")


def send_one(page: Page) -> None:
    record(page)
    page.get_by_role("button", name="Stop").click()
    page.locator("[data-pc-action=voice-send]").click()


def delete_last(page: Page) -> None:
    messages(page).last.hover()
    messages(page).last.locator("[data-pc-action=menu]").click()
    page.locator("pair-chat [data-pc-part=menu] [data-pc-action=delete]").click()
    page.locator("dialog[open] button[value=delete]").click()


def listen_to(page: Page) -> Locator:
    return messages(page).last.get_by_role("button", name="Listen")


def seek_bar(page: Page) -> Locator:
    return messages(page).last.get_by_role("slider", name="Position")


def time_of(page: Page) -> Locator:
    return messages(page).last.locator("[data-pc-slot=player-time]")


def outlines(page: Page) -> list[str]:
    """The bars that have been played, and the others."""
    return (
        messages(page)
        .last.locator(".pc-player path")
        .evaluate_all(
            "paths => paths.filter(path => path.closest('.pc-player-wave')).map(path => path.getAttribute('d'))"
        )
    )


def heard_seconds(player: Locator) -> float:
    seconds: float = player.evaluate(
        """({ played }) => {
          let seconds = 0;
          for (let at = 0; at < played.length; at += 1) seconds += played.end(at) - played.start(at);
          return seconds;
        }"""
    )
    return seconds


def test_a_voice_message_is_recorded_heard_and_sent_and_plays_at_the_other_person_s(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    assert juwon.evaluate("window.asked") == 0
    record(juwon)
    assert juwon.evaluate("window.asked") == 1
    assert overflow(juwon) == 0
    assert faults(juwon, "#composer") == []
    stop = juwon.get_by_role("button", name="Stop")
    expect(stop).to_be_focused()
    stop.press("Enter")
    listen = juwon.get_by_role("button", name="Listen")
    expect(juwon.locator("[data-pc-part=voice]").get_by_role("button", name="Send")).to_be_focused()
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    expect(listen).to_have_attribute("aria-pressed", "false")
    juwon.locator("[data-pc-action=voice-send]").click()
    expect(juwon.locator("[data-pc-part=voice]")).to_be_hidden()
    for page in pair:
        expect(messages(page)).to_have_count(1)
        expect(seek_bar(page)).to_be_visible()
        expect(messages(page).last.locator("audio")).to_be_hidden()
        expect(messages(page).last.locator("[data-pc-slot=file-name]")).to_contain_text("voice-")
    asked = file_requests(minji)
    minji.reload()
    live(minji)
    expect(seek_bar(minji)).to_be_visible()
    assert asked == []
    speed = messages(minji).last.get_by_role("button", name="Speed 1")
    speed.click()
    player = messages(minji).last.locator("audio")
    expect(player).to_have_js_property("playbackRate", 1.5)
    listen_to(minji).click()
    expect(listen_to(minji)).to_have_attribute("aria-pressed", "true")
    assert asked != []
    # It has been heard to its end.
    expect(listen_to(minji)).to_have_attribute("aria-pressed", "false")
    assert heard_seconds(player) > 0.5


def test_a_voice_message_looks_the_same_for_both_and_its_bars_are_its_seek_bar(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    record(juwon)
    expect(juwon.locator("[data-pc-slot=voice-time]")).to_have_text("0:03")
    juwon.get_by_role("button", name="Stop").click()
    juwon.locator("[data-pc-action=voice-send]").click()
    for page in pair:
        expect(seek_bar(page)).to_be_visible()
    minji.reload()
    expect(seek_bar(minji)).to_be_visible()
    # The microphone of the tests beeps once a second.
    levels = [float(height) for height in re.findall(r"v([.\d]+)", outlines(minji)[1])]
    assert len(levels) > 30
    assert max(levels) > 3 * min(levels)
    assert outlines(minji) == outlines(juwon)
    assert outlines(minji)[0] == ""
    expect(time_of(minji)).to_have_text("0:03")
    assert faults(minji, ".pc-player") == []
    bar = seek_bar(minji)
    expect(bar).to_have_attribute("aria-valuetext", "0:00 / 0:03")
    messages(minji).last.focus()
    for _ in range(3):
        minji.keyboard.press("Tab")
        if bar.evaluate("bar => bar === document.activeElement"):
            break
    expect(bar).to_be_focused()
    minji.keyboard.press("End")
    expect(bar).to_be_focused()
    expect(bar).to_have_attribute("aria-valuetext", "0:03 / 0:03")
    minji.keyboard.press("Home")
    box = bar.bounding_box()
    assert box
    minji.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    played, rest = outlines(minji)
    assert abs(played.count("M") - rest.count("M")) <= 4
    listen_to(minji).click()
    # It goes on from there.
    expect(listen_to(minji)).to_have_attribute("aria-pressed", "true")
    minji.wait_for_function(
        "count => document.querySelector('.pc-player-played').getAttribute('d').split('M').length > count + 3",
        arg=played.count("M"),
    )
    listen_to(minji).click()
    expect(listen_to(minji)).to_have_attribute("aria-pressed", "false")


def test_what_is_held_ends_when_it_is_let_go_and_what_is_thrown_away_is_gone(pair: tuple[Page, Page]) -> None:
    juwon, _minji = pair
    juwon.get_by_role("button", name="Record a voice message").hover()
    juwon.mouse.down()
    expect(juwon.locator("[data-pc-slot=voice-time]")).to_have_text("0:01")
    juwon.mouse.up()
    panel = juwon.locator("[data-pc-part=voice]")
    expect(panel).to_have_attribute("data-state", "recorded")
    panel.get_by_role("button", name="Discard").click()
    expect(panel).to_be_hidden()
    expect(juwon.get_by_role("button", name="Record a voice message")).to_be_focused()
    record(juwon)
    juwon.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(messages(juwon)).to_have_count(0)
    # While something is being written there is a button to send it, and none to record.
    composer(juwon).fill("words")
    expect(juwon.locator("[data-pc-part=record]")).to_be_hidden()


def test_without_leave_to_use_the_microphone_it_says_what_to_do(pair: tuple[Page, Page]) -> None:
    juwon, _minji = pair
    juwon.evaluate(DENY)
    juwon.get_by_role("button", name="Record a voice message").press("Enter")
    expect(juwon.locator("#composer [data-pc-slot=error]")).to_contain_text("The microphone cannot be used.")


def test_a_film_of_no_kind_that_plays_is_a_download(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    choose(juwon, {"name": "film.mov", "mimeType": "video/quicktime", "buffer": bytes(64)})
    press_send(juwon)
    for page in (juwon, minji):
        expect(messages(page)).to_have_count(1)
        expect(messages(page).last.locator("video")).to_be_hidden()
        expect(messages(page).last.locator("[data-pc-part=file]")).to_have_attribute("download", "film.mov")


def test_a_film_shows_its_first_picture_before_anybody_plays_it(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    choose(juwon, film_of(juwon))
    press_send(juwon)
    for page in pair:
        expect(messages(page)).to_have_count(1)
        shows_its_first_picture(messages(page).last.locator("video"))
    minji.reload()
    film = messages(minji).last.locator("video")
    shows_its_first_picture(film)
    expect(film).to_have_js_property("paused", True)


def test_a_film_that_nobody_has_scrolled_to_loads_nothing(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    choose(juwon, film_of(juwon))
    press_send(juwon)
    expect(messages(juwon)).to_have_count(1)
    fill_room(juwon, 40)
    expect(messages(minji)).to_have_count(41)
    minji.goto(minji.url + "?newest=1")
    asked = file_requests(minji)
    minji.reload()
    live(minji)
    film = messages(minji).first.locator("video")
    expect(film).not_to_be_in_viewport()
    # The module that looks after films is there.
    messages(minji).last.hover()
    messages(minji).last.locator("[data-pc-action=menu]").click()
    minji.keyboard.press("Escape")
    assert asked == []
    film.scroll_into_view_if_needed()
    shows_its_first_picture(film)
    assert asked != []


def test_a_film_loads_nothing_for_a_person_who_saves_data(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    choose(juwon, film_of(juwon))
    press_send(juwon)
    expect(messages(minji)).to_have_count(1)
    minji.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    minji.reload()
    live(minji)
    asked = file_requests(minji)
    film = messages(minji).last.locator("video")
    expect(film).to_be_in_viewport()
    messages(minji).last.hover()
    messages(minji).last.locator("[data-pc-action=menu]").click()
    assert asked == []
    expect(film).to_have_attribute("preload", "none")


def test_a_voice_message_plays_without_scripts(pair: tuple[Page, Page], sign_in: SignIn) -> None:
    juwon, _minji = pair
    send_one(juwon)
    expect(seek_bar(juwon)).to_be_visible()
    plain = sign_in("minji", scripts=False)
    plain.goto(juwon.url)
    player = plain.locator(".pc-message audio")
    expect(player).to_be_visible()
    expect(player).to_have_attribute("controls", "")
    expect(plain.locator(".pc-player")).to_be_hidden()


def test_a_voice_message_that_is_deleted_is_gone_with_its_bars(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send_one(juwon)
    expect(seek_bar(minji)).to_be_visible()
    delete_last(juwon)
    for page in pair:
        expect(messages(page).last.locator("[data-pc-part=deleted]")).to_be_visible()
        expect(messages(page).last.locator(".pc-player")).to_be_hidden()
        expect(messages(page).last.locator("audio")).not_to_have_attribute("src", re.compile("."))


def test_one_that_is_deleted_while_its_player_is_on_its_way_shows_none(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send_one(juwon)
    expect(seek_bar(minji)).to_be_visible()
    module = re.compile(r"/pairchat-voice\.[^/]*js$")
    waiting = keep_back(minji, module)
    with minji.expect_request(module):
        minji.reload()
    live(minji)
    delete_last(juwon)
    expect(messages(minji).last.locator("[data-pc-part=deleted]")).to_be_visible()
    address = messages(minji).last.locator(".pc-player").get_attribute("data-module")
    waiting[0].continue_()
    # The one who has waited for it goes on before.
    minji.evaluate("address => import(address)", address)
    expect(messages(minji).last.locator(".pc-player")).to_be_hidden()


def test_one_that_did_not_come_keeps_its_player_and_the_next_press_plays_it(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send_one(juwon)
    minji.reload()
    expect(seek_bar(minji)).to_be_visible()
    minji.route("**/files/**", lambda route: route.fulfill(body="no recording"))
    listen = listen_to(minji)
    with minji.expect_request("**/files/**"):
        listen.click()
    expect(messages(minji).last.locator("audio")).to_have_js_property("error.code", 4)
    expect(listen).to_have_attribute("aria-pressed", "false")
    expect(listen).to_be_focused()
    minji.unroute("**/files/**")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    expect(listen).to_have_attribute("aria-pressed", "false")
    assert heard_seconds(messages(minji).last.locator("audio")) > 0.5


def test_one_that_this_browser_cannot_play_is_a_download_and_has_the_focus(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send_one(juwon)
    expect(seek_bar(minji)).to_be_visible()
    minji.add_init_script("HTMLMediaElement.prototype.canPlayType = () => ''")
    minji.route("**/files/**", lambda route: route.fulfill(body="no recording"))
    minji.reload()
    listen_to(minji).click()
    expect(messages(minji).last.locator(".pc-player")).to_be_hidden()
    expect(messages(minji).last.locator("[data-pc-part=file]")).to_be_focused()


def test_while_it_plays_only_what_changes_is_set(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send_one(juwon)
    listen = listen_to(minji)
    expect(listen).to_be_visible()
    messages(minji).last.locator(".pc-player").evaluate(
        """player => {
          window.unchanged = [];
          new MutationObserver((changes) => {
            for (const { target, attributeName, oldValue } of changes) {
              if (target.getAttribute(attributeName) === oldValue) window.unchanged.push(attributeName);
            }
          }).observe(player, { subtree: true, attributeOldValue: true, attributeFilter: ['d', 'aria-valuetext'] });
        }"""
    )
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    expect(listen).to_have_attribute("aria-pressed", "false")
    assert minji.evaluate("window.unchanged") == []
