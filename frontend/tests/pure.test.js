import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/backoff.js";
import { Catalogue } from "../src/messages-catalog.js";
import { Dates } from "../src/dates.js";
import { oneEmoji } from "../src/popups/emoji.js";
import { pieces } from "../src/links/linkify.js";
import { decode, encode, mintId, verdict } from "../src/protocol.js";
import { twin } from "../src/http-api.js";
import { message } from "./make.js";
import { shared } from "./shared.js";

for (const { name, text, pieces: expected } of shared("links")) {
  test(`links: ${name}`, () => {
    const found = pieces(text);
    assert.deepEqual(found, expected);
    assert.equal(found.map((piece) => piece.text).join(""), text);
    for (const { href } of found) if (href) assert.match(new URL(href).protocol, /^(https?|mailto|tel):$/);
  });
}

test("links in a long text are found in reasonable time", () => {
  const started = performance.now();
  for (const part of ["https://a.", "a.", "a-", "mailto:a", "tel:1)", "https://a.b/)"]) pieces(part.repeat(4000 / part.length));
  assert.ok(performance.now() - started < 1000);
});

test("a frame survives the way out and in", () => {
  assert.deepEqual(decode(encode("send", 7, { room: "5" })), { type: "send", id: 7, room: "5" });
});

test("what is no frame is passed over", () => {
  for (const text of ["", "{", "null", "1", "[]", '{"type": 1}', new ArrayBuffer(2)]) assert.equal(decode(text), null);
});

for (const { name, code, reconnect, act } of shared("close_codes")) {
  test(`close code ${code}, ${name}: ${act}`, () => {
    assert.equal(verdict(code, null).act, act);
    assert.equal(verdict(1006, { type: "bye", code, reconnect }).act, act, "by the server's goodbye");
  });
}

test("the server says of a code that the client does not know whether to come back", () => {
  assert.equal(verdict(4450, { type: "bye", code: 4450, reconnect: true }).act, "retry");
  assert.equal(verdict(4550, { type: "bye", code: 4550, reconnect: false }).act, "stop");
});

test("the server's goodbye has the first word", () => {
  assert.deepEqual(verdict(1006, { type: "bye", code: 4429, retry_after: 7 }), { act: "retry", retryAfter: 7 });
});

test("ids are canonical UUIDs, also where the page is not secure", (t) => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(mintId(), form);
  t.after(() => delete crypto.randomUUID);
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(mintId(), form);
});

test("the backoff doubles up to half a minute and starts over", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => backoff.next());
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

test("the backoff is spread, and never ends before the server said", () => {
  assert.equal(new Backoff(() => 0).next(), 0);
  assert.equal(new Backoff(() => 0).next(5), 5000);
  assert.equal(new Backoff(() => 0.5).next(5), 5250);
});

test("a catalogue fills in names and picks plural forms", () => {
  const english = new Catalogue({ from: "New from {name}", n: { one: "{count} message", other: "{count} messages" } }, "en");
  assert.equal(english.text("from", { name: "<b>$&</b>" }), "New from <b>$&</b>");
  assert.deepEqual([english.plural("n", 1), english.plural("n", 1200)], ["1 message", "1,200 messages"]);
  const arabic = new Catalogue({ n: { two: "اثنان", few: "{count} قليل", other: "كثير" } }, "ar");
  assert.equal(arabic.plural("n", 2), "اثنان");
  assert.equal(arabic.plural("n", 0), "كثير");
  assert.equal(english.text("missing"), "missing");
});

const words = new Catalogue({ today: "Today", yesterday: "Yesterday" }, "en");

test("days are the reader's", () => {
  const seoul = new Dates(words, "en", "Asia/Seoul");
  const london = new Dates(words, "en", "Europe/London");
  const time = "2026-01-01T16:00:00.000Z";
  assert.deepEqual([seoul.day(time), london.day(time)], ["2026-01-02", "2026-01-01"]);
  const now = new Date("2026-01-02T16:00:00Z");
  assert.deepEqual([seoul.dayLabel(time, now), london.dayLabel(time, now)], ["Yesterday", "Yesterday"]);
  assert.equal(seoul.dayLabel("2026-01-02T15:30:00Z", now), "Today");
  assert.match(seoul.dayLabel("2025-12-01T00:00:00Z", now), /Monday, December 1, 2025/);
});

test("clock times are in the reader's language", () => {
  const korean = new Dates(words, "ko", "Asia/Seoul");
  // "오후" or "PM": versions of the Unicode data differ.
  assert.match(korean.timeOfDay("2026-01-01T05:03:00Z"), /^\S+ 2:03$/);
  const now = new Date("2026-01-01T06:00:00Z");
  assert.match(korean.brief("2026-01-01T05:03:00Z", now), /^\S+ 2:03$/);
});

test("a group is one sender, one day, five minutes", () => {
  const dates = new Dates(words, "en", "UTC");
  const at = (time, more) => message(1, 1, { created_at: `2026-01-0${time}Z`, ...more });
  const first = at("1T10:00:00");
  assert.equal(dates.sameGroup(first, at("1T10:04:59")), true);
  assert.equal(dates.sameGroup(first, at("1T10:05:00")), false);
  assert.equal(dates.sameGroup(first, at("1T10:01:00", { sender: "17" })), false);
  assert.equal(dates.sameGroup(at("1T23:59:00"), at("2T00:01:00")), false);
  assert.equal(dates.sameGroup(first, at("1T10:01:00", { kind: "system", sender: null })), false);
  assert.equal(dates.sameGroup(undefined, first), false);
});

test("one emoji is one emoji", () => {
  for (const emoji of ["👍", "👍🏽", "❤️", "👨‍👩‍👧‍👦", "🇰🇷", "1️⃣"]) assert.equal(oneEmoji(` ${emoji} `), emoji);
  assert.equal(oneEmoji("❤"), "❤️");
  for (const none of ["", "a", "1", "👍👍", "가", "👍a"]) assert.equal(oneEmoji(none), null);
});

test("requests have their twins", () => {
  assert.deepEqual(twin("send", { room: "a/b", client_id: "c", content: "x" }), {
    method: "POST",
    path: "rooms/a%2Fb/messages/",
    body: { client_id: "c", content: "x" },
  });
  assert.deepEqual(twin("history", { room: "5", before: 7 }), {
    method: "GET",
    path: "rooms/5/messages/",
    query: { before: 7 },
  });
  assert.deepEqual(twin("react", { room: "5", seq: 3, emoji: null }), {
    method: "DELETE",
    path: "rooms/5/messages/3/reaction/",
  });
  assert.deepEqual(twin("edit", { room: "5", seq: 3, content: "x" }), {
    method: "PATCH",
    path: "rooms/5/messages/3/",
    body: { content: "x" },
  });
});
