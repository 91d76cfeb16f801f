/** The rules that server and client both implement, by the cases that the Python tests run too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { mayEdit } from "../src/popups/actions.js";
import { tiles } from "../src/albums.js";
import { photoSize, summary } from "../src/bubble.js";
import { check, isAllowedUrl, isTime, textAt } from "../src/cards/slots.js";
import { EMPTY } from "../src/composer.js";
import { Dates } from "../src/dates.js";
import { avatarColor, initial } from "../src/dom.js";
import { refusalOf } from "../src/files/queue.js";
import { badgeLabel, badgeText, unreadOf, waits } from "../src/inbox-store.js";
import { Catalogue } from "../src/messages-catalog.js";
import { RoomStore } from "../src/room-store.js";
import { message, page, room } from "./make.js";
import { shared } from "./shared.js";

const UNREAD_ROOMS = { one: "{count} unread chat", other: "{count} unread chats" };
const WORDS = new Catalogue({ deleted_message: "Deleted message", photo: "Photo", file: "File", audio: "Audio", video: "Video", unread_rooms: UNREAD_ROOMS }, "en");
const NOW = Date.parse("2026-03-01T12:00:00.000Z");

for (const { name, messages, group } of shared("grouping")) {
  test(`grouping: ${name}`, () => {
    // A client gets times in milliseconds.
    const [previous, next] = messages.map((each) => ({ ...each, created_at: new Date(each.created_at).toISOString() }));
    assert.equal(new Dates(WORDS, "en", "UTC").sameGroup(previous, next), group);
  });
}

for (const { name, language, now, words, texts } of shared("brief_dates")) {
  test(`brief dates: ${name}`, () => {
    const dates = new Dates(new Catalogue(words, language), language, "UTC");
    for (const [time, text] of Object.entries(texts)) assert.equal(dates.brief(time, new Date(now)), text);
  });
}

for (const { name, content, attachment, deleted, preview } of shared("previews")) {
  test(`previews: ${name}`, () => {
    const deletedAt = deleted ? "2026-03-01T12:00:00.000Z" : null;
    assert.equal(summary(message(1, 1, { content, attachment, deleted_at: deletedAt }), WORDS), preview);
  });
}

for (const { name, person, initial: expected } of shared("initials")) {
  test(`initials: ${name}`, () => assert.equal(initial(person), expected));
}

for (const { name, key, color } of shared("avatar_colors")) {
  test(`avatar colours: ${name}`, () => assert.equal(avatarColor(key), color));
}

for (const { name, text, blank } of shared("blank_texts")) {
  test(`blank texts: ${name}`, () => assert.equal(EMPTY.test(text), blank));
}

for (const { name, age, window, sender, kind, deleted, can_send, may_edit } of shared("may_edit")) {
  test(`who may edit: ${name}`, (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: NOW });
    const created_at = new Date(NOW - age * 1000).toISOString();
    const about = message(1, 1, { sender, kind, created_at, deleted_at: deleted ? created_at : null });
    // As the server renders it.
    const seconds = window === null ? undefined : String(Math.trunc(window));
    assert.equal(mayEdit(about, "me", can_send, seconds), may_edit);
  });
}

for (const { name, file, size, code } of shared("file_checks")) {
  test(`file checks: ${name}`, () => {
    assert.equal(refusalOf({ name: file, size }, { accept: ".jpg,.pdf", limitBytes: 100 }), code);
  });
}

for (const { name, count, captioned, tiles: expected } of shared("albums")) {
  test(`albums: ${name}`, () => assert.deepEqual(tiles(count, captioned), expected));
}

for (const { name, width, height, shown } of shared("photo_sizes")) {
  test(`photo sizes: ${name}`, () => assert.deepEqual(photoSize(width, height), shown));
}

for (const { name, head, read, cleared, marked_unread, unread, waits: expected } of shared("unread")) {
  test(`unread: ${name}`, () => {
    const about = room({ head, me: { read, cleared, marked_unread } });
    assert.deepEqual([unreadOf(about), waits(about)], [unread, expected]);
    assert.equal(new RoomStore(about, page([])).unread, unread);
  });
}

for (const { count, text, label } of shared("badge_texts")) {
  test(`badges: ${count} is "${text}", read out as "${label}"`, () => {
    assert.deepEqual([badgeText(count), badgeLabel(WORDS, count)], [text, label]);
  });
}

for (const { name, values, path, text } of shared("card_texts")) {
  test(`texts of a card: ${name}`, () => assert.equal(textAt(values, path), text));
}

for (const { name, conditions, values, holds } of shared("card_conditions")) {
  test(`conditions of a card: ${name}`, () => assert.equal(check(conditions, values, Date.parse("2026-03-01T11:59:59.500Z")).holds, holds));
}

test("a card says when it will look different by itself", () => {
  const [until, later, now] = ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z", Date.parse("2026-03-01T11:00:00Z")];
  const values = { data: { until, later }, content: "", mine: true, room: "5", seq: 1 };
  assert.equal(check("data.later>now !data.until<now", values, now).next, Date.parse(until));
  assert.equal(check("data.until>now", values, Date.parse(until)).next, Infinity);
});

for (const { name, url, allowed } of shared("card_urls")) {
  test(`addresses in a card: ${name}`, () => assert.equal(isAllowedUrl(url), allowed));
}

for (const { name, text, is_time } of shared("card_times")) {
  test(`times in a card: ${name}`, () => assert.equal(isTime(text), is_time));
}
