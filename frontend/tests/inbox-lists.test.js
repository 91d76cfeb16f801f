/** The lists of a page: which of them are asked for again, and which are let go. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { InboxLists } from "../src/inbox-lists.js";
import { message, room, settled } from "./make.js";

const at = (minute) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`;
const listed = (key, minute, me = {}) => room({ room: key, head: 1, last_message: message(1, 1, { room: key }), last_message_at: at(minute), me });

/** Lists whose questions are collected, and answered with these rooms. */
function listsWith(rooms, more = {}) {
  const asked = [];
  const answer = { rooms, next: null, unread_rooms: 0, state: "i1", ...more };
  const lists = new InboxLists({ user: "17", ask: async (fields) => (asked.push(fields), answer), changed: () => {} });
  return { lists, asked, answer };
}

/** What is asked for within the time that events are waited for. */
async function soon(asked) {
  asked.length = 0;
  mock.timers.tick(1_000);
  await settled();
  return asked.map(({ about }) => about);
}

test.beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.afterEach(() => mock.timers.reset());

test("a list about a thing asks once what another chat is about, however much comes there", async () => {
  const { lists, asked } = listsWith([listed("a", 1)]);
  lists.showInbox("", "", "a");
  await lists.load();
  lists.message(message(2, 2, { room: "x", created_at: at(9) }));
  lists.message(message(3, 3, { room: "x", created_at: at(9) }));
  assert.deepEqual(await soon(asked), ["a"]);
  lists.message(message(4, 4, { room: "x", created_at: at(9) }));
  lists.message(message(5, 5, { room: "x", sender: "17", created_at: at(9) }));
  lists.room(listed("x", 9));
  assert.deepEqual(await soon(asked), []);
  lists.message(message(2, 2, { room: "y", created_at: at(9) }));
  assert.deepEqual(await soon(asked), ["a"]);
});

test("it shows a new chat about the thing, and asks again for one that was missing for another reason", async () => {
  const { lists, asked, answer } = listsWith([listed("a", 1)]);
  const { store } = lists.showInbox("", "", "a");
  await lists.load();
  // It is archived, and a message of mine leaves it there.
  lists.message(message(2, 2, { room: "b", sender: "17", created_at: at(2) }));
  await soon(asked);
  lists.message(message(3, 3, { room: "b", created_at: at(3) }));
  answer.rooms = [listed("b", 3), listed("a", 1)];
  assert.deepEqual(await soon(asked), ["a"]);
  assert.deepEqual(store.list().map((each) => each.room), ["b", "a"]);
  // Archived while it was asked for.
  lists.message(message(2, 2, { room: "c", created_at: at(4) }));
  lists.room(listed("c", 4, { archived: true }));
  await soon(asked);
  lists.message(message(3, 3, { room: "c", created_at: at(5) }));
  assert.deepEqual(await soon(asked), ["a"]);
});

test("what has come since it was asked for is asked for again, and so is what stands beyond the answer", async () => {
  const { lists, asked } = listsWith([listed("a", 8)], { next: "cursor" });
  lists.showInbox("", "", "a");
  await lists.load();
  lists.message(message(2, 2, { room: "b", created_at: at(9) }));
  lists.room(listed("c", 7));
  mock.timers.tick(1_000);
  // Its answer is under way.
  lists.message(message(3, 3, { room: "b", created_at: at(10) }));
  await settled();
  assert.deepEqual(await soon(asked), ["a"]);
  lists.room(listed("c", 7));
  assert.deepEqual(await soon(asked), ["a"]);
});

test("a list of what is unread asks again once such a chat has been read", async () => {
  const { lists, asked } = listsWith([listed("a", 1)]);
  lists.showInbox("unread", "", "a");
  await lists.load();
  const news = (seq) => lists.message(message(seq, seq, { room: "x", created_at: at(9) }));
  news(2);
  await soon(asked);
  news(3);
  assert.deepEqual(await soon(asked), []);
  lists.room(listed("x", 9, { read: 1 }));
  news(4);
  assert.deepEqual(await soon(asked), ["a"]);
});

test("a list about a thing is let go when others are shown, and kept for a page swap", () => {
  const { lists } = listsWith([]);
  const first = lists.showInbox("", "", "a");
  first.leave();
  const again = lists.showInbox("", "", "a");
  assert.equal(again.store, first.store);
  again.leave();
  const inbox = lists.showInbox("", "i1");
  assert.notEqual(lists.showInbox("", "", "a").store, first.store);
  inbox.leave();
  assert.equal(lists.showInbox("", "i1").store, inbox.store);
});

test("nothing is asked for a list that has left", async () => {
  const { lists, asked } = listsWith([listed("a", 1)]);
  const { leave } = lists.showInbox("", "", "a");
  lists.reload();
  leave();
  assert.deepEqual(await soon(asked), []);
});
