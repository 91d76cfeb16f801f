import assert from "node:assert/strict";
import { test } from "node:test";

import { InboxStore, unreadOf } from "../src/inbox-store.js";
import { message, room } from "./make.js";

const at = (minute) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`;
const listed = (key, minute, more = {}) =>
  room({ room: key, head: 1, last_message: message(1, 1, { room: key }), last_message_at: at(minute), ...more });
const inboxPage = (rooms, more = {}) => ({ rooms, next: null, unread_rooms: 0, state: "i1", ...more });
const keys = (list) => list.list().map((each) => each.room);

function opened() {
  const list = new InboxStore({ user: "17" });
  list.newest(inboxPage([listed("a", 3), listed("b", 2), listed("c", 1)], { next: "cursor" }));
  return list;
}

test("a message brings its room to the top, with its text and count", () => {
  const list = opened();
  list.message(message(2, 2, { room: "c", created_at: at(9) }));
  assert.deepEqual(keys(list), ["c", "a", "b"]);
  assert.deepEqual([list.get("c").last_message.seq, unreadOf(list.get("c"))], [2, 2]);
});

test("my own message is not unread", () => {
  const list = opened();
  list.message(message(2, 2, { room: "c", sender: "17" }));
  assert.equal(unreadOf(list.get("c")), 0);
});

test("an edit changes the text but not the order, an older message neither", () => {
  const list = opened();
  list.message(message(1, 5, { room: "c", content: "edited", created_at: at(9) }));
  assert.deepEqual([keys(list), list.get("c").last_message.content], [["a", "b", "c"], "edited"]);
  list.message(message(1, 4, { room: "c", content: "late" }));
  assert.equal(list.get("c").last_message.content, "edited");
});

test("rooms that wait are counted as messages come and are read", () => {
  const list = new InboxStore({ user: "17" });
  list.newest(inboxPage([listed("a", 1, { me: { read: 1 } })]));
  for (const [seq, more] of [[2, {}], [3, {}], [4, { sender: "17" }]]) {
    assert.equal(list.message(message(seq, seq, { room: "a", ...more })), false);
    assert.equal(list.unreadRooms, seq < 4 ? 1 : 0);
  }
  list.room(listed("a", 1, { head: 4, me: { read: 4, marked_unread: true } }));
  assert.equal(list.unreadRooms, 1);
  list.room(listed("a", 1, { head: 4, me: { read: 4, archived: true } }));
  assert.equal(list.unreadRooms, 0);
});

test("a room we do not hold, and a count that has stopped, are for the server", () => {
  const list = new InboxStore({ user: "17" });
  list.newest(inboxPage([listed("a", 1, { me: { read: 1 } })], { unread_rooms: 100 }));
  assert.equal(list.message(message(1, 1, { room: "unknown" })), true);
  assert.equal(list.message(message(2, 2, { room: "a" })), true);
  assert.equal(list.unreadRooms, 100);
});

test("a room object that comes late takes back no message", () => {
  const list = opened();
  list.message(message(2, 2, { room: "a", created_at: at(9) }));
  list.room(listed("a", 3));
  const { head, last_message, last_message_at } = list.get("a");
  assert.deepEqual([head, last_message.seq, last_message_at], [2, 2, at(9)]);
});

test("an archived room leaves the list, and is asked for when it comes back", () => {
  const list = opened();
  list.room(listed("a", 3, { me: { archived: true } }));
  assert.deepEqual(keys(list), ["b", "c"]);
  assert.equal(list.room(listed("a", 3)), true);
});

test("a newest page that may have left others out before what is held begins the list anew", () => {
  const list = opened();
  list.newest(inboxPage([listed("e", 9), listed("f", 8)], { next: "after f" }));
  assert.deepEqual([keys(list), list.next], [["e", "f"], "after f"]);
});

test("nor is anything left out when a room that is held has moved meanwhile", () => {
  const list = opened();
  list.message(message(2, 2, { room: "c", created_at: at(10) }));
  list.newest(inboxPage([listed("c", 10), listed("e", 9)], { next: "after e" }));
  assert.deepEqual([keys(list), list.next], [["c", "e"], "after e"]);
});

test("the newest page takes away what is no longer there, and keeps older pages", () => {
  const list = opened();
  list.addOlder(inboxPage([listed("d", 0)]));
  list.newest(inboxPage([listed("a", 3), listed("e", 4), listed("c", 1)], { next: "cursor", state: "i2" }));
  assert.deepEqual([keys(list), list.next, list.state], [["e", "a", "c", "d"], null, "i2"]);
});

test("a change to a message that only the server's own row shows is for the server", () => {
  const list = new InboxStore({ user: "17" });
  assert.equal(list.message(message(1, 5, { room: "a", edited_at: at(9) })), true);
});

test("whether another room is about the same thing, only the server knows", () => {
  const list = new InboxStore({ user: "me", about: "a" });
  list.newest(inboxPage([listed("a", 1)]));
  assert.equal(list.room(listed("b", 2)), true);
  assert.equal(list.get("b"), undefined);
  list.room(listed("a", 1, { me: { read: 1 } }));
  assert.equal(list.get("a").me.read, 1);
});
