import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Disconnected, Refusal } from "../src/protocol.js";
import { ReadMarks } from "../src/read-marks.js";
import { RoomStore } from "../src/room-store.js";
import { messages, page, room, settled } from "./make.js";

let tick;
beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  tick = (milliseconds) => t.mock.timers.tick(milliseconds);
});

function marks(known = 0, answer = async () => {}) {
  const asked = [];
  const reads = new ReadMarks({ known: () => known, ask: (room, seq) => (asked.push([room, seq]), answer()) });
  return { reads, asked };
}

test("only the last of what was seen is said, a moment later", () => {
  const { reads, asked } = marks();
  for (const seq of [3, 4, 5]) reads.see("5", seq);
  assert.deepEqual(asked, []);
  tick(200);
  assert.deepEqual(asked, [["5", 5]]);
});

test("what the server knows is not said", () => {
  const { reads, asked } = marks(5);
  reads.see("5", 5);
  tick(200);
  assert.deepEqual(asked, []);
});

test("what got no answer is said again, what was refused is not", async () => {
  for (const [problem, times] of [
    [new Disconnected(), 2],
    [new Refusal({ code: "not_found" }), 1],
  ]) {
    const { reads, asked } = marks(0, () => Promise.reject(problem));
    reads.see("5", 2);
    tick(200);
    await settled();
    reads.send();
    assert.equal(asked.length, times);
  }
});

test("what was refused for coming too often is said again when it may be", async () => {
  const answers = [new Refusal({ code: "rate_limited", retry_after: 0.5 }), null];
  const { reads, asked } = marks(0, async () => {
    const problem = answers.shift();
    if (problem) throw problem;
  });
  reads.see("5", 2);
  tick(200);
  await settled();
  tick(499);
  assert.equal(asked.length, 1);
  tick(1);
  await settled();
  assert.equal(asked.length, 2);
});

test("a room that was marked as unread is to be read again", () => {
  const read = room({ head: 3 });
  const marked = { ...read, me: { ...read.me, read: 3, marked_unread: true } };
  const store = new RoomStore(marked, page(messages(1, 3)));
  assert.equal(store.alreadyRead, 0);
  store.roomChanged({ ...marked, me: { ...marked.me, marked_unread: false } });
  assert.equal(store.alreadyRead, 3);
});
