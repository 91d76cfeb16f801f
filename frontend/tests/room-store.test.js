import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST, RoomStore } from "../src/room-store.js";
import { message, messages, page, room } from "./make.js";

const seqs = (store) => store.list().map(({ seq }) => seq);
const opened = (last = 3, more = {}) => new RoomStore(room({ head: last, rev: last }), page(messages(1, last), more));

test("an event that follows the position moves it", () => {
  const store = opened();
  assert.equal(store.onEvent("e1", message(4)), true);
  assert.deepEqual([store.rev, store.behind, seqs(store)], [4, false, [1, 2, 3, 4]]);
});

test("an event that comes twice changes nothing", () => {
  const store = opened();
  store.onEvent("e1", message(4));
  store.onEvent("e1", message(4));
  assert.deepEqual([store.rev, seqs(store)], [4, [1, 2, 3, 4]]);
});

test("an early event waits for the one before it, then both count", () => {
  const store = opened();
  store.onEvent("e1", message(5));
  assert.deepEqual([store.rev, store.behind, seqs(store)], [3, true, [1, 2, 3]]);
  store.onEvent("e1", message(4));
  assert.deepEqual([store.rev, store.behind, seqs(store)], [5, false, [1, 2, 3, 4, 5]]);
});

test("the greater rev of a message wins, in any order", () => {
  const store = opened();
  store.onEvent("e1", message(2, 5, { content: "second edit" }));
  store.onEvent("e1", message(2, 4, { content: "first edit" }));
  assert.equal(store.get(2).content, "second edit");
  assert.equal(store.rev, 5);
});

test("an answer merges but moves no position, and says that an event is due", () => {
  const store = opened();
  store.merge(message(4));
  assert.deepEqual([store.rev, store.behind, seqs(store)], [3, true, [1, 2, 3, 4]]);
  store.onEvent("e1", message(4));
  assert.equal(store.behind, false);
});

test("an event of another epoch is not merged", () => {
  const store = opened();
  assert.equal(store.onEvent("e2", message(4)), false);
  assert.deepEqual(seqs(store), [1, 2, 3]);
});

test("a sync brings what was lost and moves the position", () => {
  const store = opened();
  store.onEvent("e1", message(6));
  store.synced({ ...room({ head: 6, rev: 6 }), changes: messages(4, 6), limited: false, reset: false });
  assert.deepEqual([store.rev, store.behind, seqs(store)], [6, false, [1, 2, 3, 4, 5, 6]]);
});

test("a sync that was overtaken by events does not move the position back", () => {
  const store = opened();
  for (const each of messages(4, 6)) store.onEvent("e1", each);
  store.synced({ ...room({ head: 5, rev: 5 }), changes: messages(4, 5), limited: false, reset: false });
  assert.deepEqual([store.rev, store.room.head, seqs(store)], [6, 6, [1, 2, 3, 4, 5, 6]]);
});

test("events that came early count once a sync has reached them", () => {
  const store = opened();
  store.onEvent("e1", message(6));
  store.synced({ ...room({ head: 5, rev: 5 }), changes: messages(4, 5), limited: false, reset: false });
  assert.deepEqual([store.rev, store.behind], [6, false]);
});

test("a limited sync drops the window and can be paged back", () => {
  const store = opened();
  store.synced({ ...room({ head: 400, rev: 400 }), changes: messages(351, 400), limited: true, reset: false });
  assert.deepEqual([store.first, store.last, store.rev, store.moreBefore], [351, 400, 400, true]);
});

test("a limited sync that was overtaken asks again", () => {
  const store = opened();
  store.onEvent("e1", message(401));
  store.synced({ ...room({ head: 400, rev: 400 }), changes: messages(351, 400), limited: true, reset: false });
  assert.equal(store.behind, true);
});

test("a reset starts anew in the other epoch, also where its revs are lower", () => {
  const store = opened(9);
  const restored = room({ head: 2, rev: 2, epoch: "e2", me: { read: 1 } });
  store.synced({ ...restored, changes: messages(1, 2, { content: "restored" }), limited: false, reset: true });
  assert.deepEqual([store.epoch, store.rev, store.behind, seqs(store)], ["e2", 2, false, [1, 2]]);
  assert.equal(store.get(1).content, "restored");
  assert.equal(store.room.head, 2);
});

test("older pages go before the window", () => {
  const store = new RoomStore(room({ head: 60, rev: 60 }), page(messages(51, 60), { has_before: true }));
  store.paged(page(messages(41, 50), { rev: 60, has_before: true }), "before");
  assert.deepEqual([store.first, store.last, store.moreBefore], [41, 60, true]);
});

test("a change to a message outside the window is not an island in it", () => {
  const store = new RoomStore(room({ head: 60, rev: 60 }), page(messages(51, 60), { has_before: true }));
  store.onEvent("e1", message(3, 61, { content: "edited" }));
  assert.deepEqual([store.rev, store.get(3), store.first], [61, undefined, 51]);
});

test("a page that is older than the position is synced from there", () => {
  const store = new RoomStore(room({ head: 60, rev: 60 }), page(messages(51, 60), { has_before: true }));
  store.onEvent("e1", message(45, 61, { content: "edited" }));
  store.paged(page(messages(41, 50), { rev: 60, has_before: true }), "before");
  assert.deepEqual([store.position, store.behind], [{ epoch: "e1", rev: 60 }, true]);
});

test("early events do not carry the position over a page that missed them", () => {
  const store = new RoomStore(room({ head: 60, rev: 60 }), page(messages(51, 60), { has_before: true }));
  store.onEvent("e1", message(45, 62, { content: "edited" }));
  store.paged(page(messages(41, 50), { rev: 60, has_before: true }), "before");
  store.onEvent("e1", message(61, 61));
  assert.deepEqual([store.rev, store.behind], [61, true]);
});

test("around an old message the window has an end, and new messages stay beyond it", () => {
  const store = opened(100);
  store.paged(page(messages(20, 40), { rev: 100, has_before: true, has_after: true }), "instead");
  store.onEvent("e1", message(101));
  assert.deepEqual([store.first, store.last, store.rev, store.room.head], [20, 40, 101, 101]);
  store.paged(page(messages(41, 90), { rev: 101, has_before: true, has_after: true }), "after");
  store.paged(page(messages(91, 101), { rev: 101, has_before: true, has_after: false }), "after");
  assert.deepEqual([store.last, store.moreAfter, store.behind], [101, false, false]);
});

test("a page of another epoch is refused", () => {
  const store = opened();
  assert.equal(store.paged(page(messages(1, 2), { epoch: "e2" }), "before"), false);
});

test("read marks only move forward", () => {
  const store = opened();
  store.roomChanged(room({ head: 3, rev: 3, me: { read: 3 }, peer: { read: 2 } }));
  store.roomChanged(room({ head: 2, rev: 2, me: { read: 1 }, peer: { read: 1 }, state: "late" }));
  assert.deepEqual([store.room.me.read, store.room.peer.read, store.room.head], [3, 2, 3]);
});

test("a room object that knows more says that something is missing", () => {
  const store = opened();
  store.roomChanged(room({ head: 4, rev: 4 }));
  assert.equal(store.behind, true);
});

test("what was cleared leaves the window", () => {
  const store = opened();
  store.roomChanged(room({ head: 3, rev: 3, me: { cleared: 2 } }));
  assert.deepEqual([seqs(store), store.moreBefore], [[3], false]);
});

test("a room that was cleared to its end takes the next message", () => {
  const store = opened();
  store.roomChanged(room({ head: 3, rev: 3, me: { cleared: 3 } }));
  store.onEvent("e1", message(4));
  assert.deepEqual(seqs(store), [4]);
});

test("an empty room takes its first message", () => {
  const store = new RoomStore(room(), page([]));
  store.onEvent("e1", message(1));
  assert.deepEqual(seqs(store), [1]);
});

test("unread is counted from the positions", () => {
  const store = new RoomStore(room({ head: 9, me: { read: 4, cleared: 6 } }), page(messages(7, 9)));
  assert.equal(store.unread, 3);
});

test("whatever is lost, doubled or reordered, a sync makes it equal to the server's", () => {
  const random = generator(7);
  for (let round = 0; round < 300; round += 1) {
    const changes = [];
    const state = new Map(messages(1, 3).map((each) => [each.seq, each]));
    for (let rev = 4; rev < 24; rev += 1) {
      const seq = random() < 0.5 ? state.size + 1 : 1 + Math.floor(random() * state.size);
      const next = message(seq, rev, { content: `at ${rev}` });
      state.set(seq, next);
      changes.push(next);
    }
    const store = opened();
    const delivered = changes
      .flatMap((each) => (random() < 0.3 ? [] : random() < 0.2 ? [each, each] : [each]))
      .map((each) => [each.rev + random() * 4, each])
      .sort(([a], [b]) => a - b);
    for (const [, each] of delivered) store.onEvent("e1", each);
    const from = store.rev;
    const missed = [...state.values()].filter(({ rev }) => rev > from).sort((a, b) => a.rev - b.rev);
    store.synced({ ...room({ head: state.size, rev: 23 }), changes: missed, limited: false, reset: false });
    assert.deepEqual(store.list(), [...state.values()].sort((a, b) => a.seq - b.seq));
    assert.deepEqual([store.rev, store.behind], [23, false]);
  }
});

/** A small repeatable source of numbers in [0, 1). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

test("paging far back lets go of the other end, which can be had again", () => {
  const store = new RoomStore(room({ head: 1000, rev: 1000 }), page(messages(951, 1000), { rev: 1000, has_before: true }));
  for (let last = 950; last > 600; last -= 50) {
    store.paged(page(messages(last - 49, last), { rev: 1000, has_before: true }), "before");
  }
  assert.deepEqual([store.first, store.last, store.moreAfter, store.list().length], [601, 601 + MOST - 1, true, MOST]);
  store.paged(page(messages(901, 950), { rev: 1000, has_before: true, has_after: true }), "after");
  assert.deepEqual([store.first, store.last, store.moreBefore, store.list().length], [651, 950, true, MOST]);
  store.paged(page(messages(951, 1000), { rev: 1000, has_before: true }), "after");
  assert.deepEqual([store.last, store.moreAfter], [1000, false]);
});

test("letting go of the beginning keeps what waits for its predecessor", () => {
  const store = new RoomStore(room({ head: MOST, rev: MOST }), page(messages(1, MOST), { rev: MOST }));
  const [next, second, third, fourth] = messages(MOST + 1, MOST + 4);
  for (const message of [third, next, second, fourth]) {
    store.onEvent(store.epoch, message);
    store.trim("after");
  }
  assert.deepEqual([store.first, store.last, store.rev, store.behind], [5, MOST + 4, MOST + 4, false]);
  assert.deepEqual([store.moreBefore, store.list().length], [true, MOST]);
});

const far = () => {
  const store = new RoomStore(room({ head: 60, rev: 60 }), page(messages(51, 60), { has_before: true }));
  store.onEvent("e1", message(61, 61, { reply_to: 3 }));
  return store;
};

test("a quoted message is followed beyond the window, another one is not", () => {
  const store = far();
  assert.equal(store.original(3), undefined);
  store.onEvent("e1", message(3, 62, { content: "edited" }));
  store.onEvent("e1", message(4, 63, { content: "edited" }));
  assert.deepEqual([store.original(3).content, store.original(4), store.get(3), store.first], ["edited", undefined, undefined, 51]);
});

test("of a quoted message the greater rev wins, be it from an event or a sync", () => {
  const store = far();
  store.onEvent("e1", message(3, 63, { content: "", deleted_at: "2026-01-01T00:00:00.000Z" }));
  store.synced({ ...room({ head: 61, rev: 63 }), changes: [message(3, 62, { content: "old" })], limited: false, reset: false });
  assert.deepEqual([store.original(3).content, store.rev], ["", 63]);
});

test("a quoted message that leaves the window stays known, and is followed", () => {
  const store = opened(MOST);
  store.quote(1);
  for (const each of messages(MOST + 1, MOST + 5)) store.onEvent("e1", each);
  store.trim("after");
  assert.deepEqual([store.get(1), store.original(1).content], [undefined, "text 1"]);
  store.onEvent("e1", message(1, MOST + 6, { content: "edited" }));
  assert.equal(store.original(1).content, "edited");
});

test("a jump elsewhere keeps what is quoted, and a page that has it again gives it back to the window", () => {
  const store = opened(3);
  store.quote(2);
  store.paged(page(messages(51, 60), { rev: 60, has_before: true }), "instead");
  assert.equal(store.original(2).content, "text 2");
  store.paged(page([message(2, 61, { content: "whole" })], { rev: 61, has_after: true }), "instead");
  assert.deepEqual([store.get(2).content, store.original(2).content], ["whole", "whole"]);
});

for (const why of ["limited", "reset"]) {
  test(`after a sync that is ${why} nothing is known of what is quoted beyond the window`, () => {
    const store = far();
    store.onEvent("e1", message(3, 62, { content: "edited" }));
    const synced = { ...room({ head: 400, rev: 400 }), changes: messages(351, 400), limited: false, reset: false };
    store.synced({ ...synced, [why]: true });
    assert.equal(store.original(3), undefined);
    store.onEvent("e1", message(3, 401, { content: "newer" }));
    assert.equal(store.original(3).content, "newer");
  });
}

test("what is cleared is not known any more, although it is quoted", () => {
  const store = far();
  store.onEvent("e1", message(3, 62, { content: "edited" }));
  store.roomChanged(room({ head: 61, rev: 62, me: { cleared: 10 } }));
  assert.equal(store.original(3), undefined);
  store.onEvent("e1", message(3, 63, { content: "again" }));
  assert.equal(store.original(3), undefined);
});
