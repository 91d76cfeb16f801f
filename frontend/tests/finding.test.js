/** @file Pins and the filter of unread chats in a list, stars in a room, arrivals, and emoji by their names. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { found, groupsOf } from "../src/emoji/search.js";
import { InboxStore } from "../src/inbox-store.js";
import { ReadMarks } from "../src/read-marks.js";
import { RoomStore } from "../src/room-store.js";
import names from "../../src/django_pairchat/static/pairchat/pairchat-emoji-en.js";
import german from "../../src/django_pairchat/static/pairchat/pairchat-emoji-de.js";
import { message, messages, page, room, settled } from "./make.js";

const at = (/** @type {number} */ day) => `2026-01-${String(day).padStart(2, "0")}T00:00:00.000Z`;
const listed = (/** @type {InboxStore} */ store) => store.list().map((each) => each.room);
const inbox = (/** @type {any[]} */ rooms, more = {}) => ({ rooms, next: null, unread_rooms: 0, state: "s", ...more });

test("pinned rooms come first, and a pin that changes asks the server", () => {
  const store = new InboxStore({ user: "7" });
  const rooms = [1, 2, 3].map((day) => room({ room: String(day), last_message_at: at(day) }));
  rooms[0].me.pinned = true;
  store.newest(inbox(rooms));
  assert.deepEqual(listed(store), ["1", "3", "2"]);
  assert.equal(store.room({ ...rooms[1], me: { ...rooms[1].me, pinned: true } }), true);
  assert.deepEqual(listed(store), ["2", "1", "3"]);
  assert.equal(store.room({ ...rooms[2], head: 0 }), false);
});

test("a first page that ends among pinned rooms keeps the older ones that are held", () => {
  const store = new InboxStore({ user: "7" });
  const rooms = [1, 2, 3].map((day) => room({ room: String(day), last_message_at: at(day) }));
  for (const each of rooms.slice(0, 2)) each.me.pinned = true;
  store.newest(inbox(rooms));
  store.newest(inbox([rooms[1], rooms[0]], { next: "c" }));
  assert.deepEqual(listed(store), ["2", "1", "3"]);
});

test("a list of unread rooms lets go of what is read, and asks for what has become unread", () => {
  const store = new InboxStore({ user: "7", unread: true });
  const waiting = room({ room: "5", head: 2, last_message_at: at(1) });
  store.newest(inbox([waiting]));
  assert.equal(store.room(room({ room: "6", head: 1, me: { read: 1 } })), false);
  assert.equal(store.room(room({ room: "6", head: 1 })), true);
  store.message(message(3, 3, { sender: "7" }));
  assert.deepEqual(listed(store), []);
});

test("a page of history says what is starred, and what is no longer", () => {
  const store = new RoomStore(room({ head: 2 }), page(messages(1, 2)));
  store.star(1, true);
  store.star(9, true);
  store.paged(page(messages(1, 2), { starred: [2] }), "instead");
  assert.deepEqual([...store.stars].sort(), [2, 9]);
});

test("what arrives within a second is told once, and not at all once it is read", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let read = 0;
  /** @type {[string, number][]} */
  const told = [];
  const arrivals = new ReadMarks({
    patience: 1000,
    known: () => read,
    ask: async (where, seq) => {
      told.push([where, seq]);
    },
  });
  for (let seq = 1; seq <= 5; seq += 1) {
    arrivals.see("5", seq);
    context.mock.timers.tick(150);
  }
  assert.deepEqual(told, []);
  context.mock.timers.tick(250);
  await settled();
  assert.deepEqual(told, [["5", 5]]);
  arrivals.see("5", 6);
  read = 6;
  context.mock.timers.tick(1000);
  await settled();
  assert.deepEqual(told, [["5", 5]]);
});

test("emoji are found by words of their names, accents and capitals aside", () => {
  const all = groupsOf(names).flatMap(({ members }) => members);
  assert.equal(found(all, "Hot BEVERAGE")[0].emoji, "☕");
  assert.ok(found(all, "heart").length > 5);
  assert.deepEqual(found(all, "  "), []);
  assert.deepEqual(found(all, "qqqq"), []);
  const other = groupsOf(german).flatMap(({ members }) => members);
  assert.ok(found(other, "grun").some(({ emoji }) => emoji === "🟢"));
});

test("each language has a name for each emoji, and none twice", async () => {
  for (const language of ["ar", "de", "en", "es", "fr", "ja", "ko", "zh-hans"]) {
    const { default: data } = await import(`../../src/django_pairchat/static/pairchat/pairchat-emoji-${language}.js`);
    const members = groupsOf(data).flatMap((group) => group.members);
    assert.equal(new Set(members.map(({ emoji }) => emoji)).size, members.length);
    assert.ok(members.every(({ name }) => name));
  }
});
