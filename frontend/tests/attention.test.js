import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { roomsToTell } from "../src/attention/rules.js";
import { Tabs } from "../src/attention/tabs.js";
import { countedTitle } from "../src/attention/title.js";
import { wav } from "../sound.mjs";
import { MemoryStorage, message, room, settled } from "./make.js";

// The title

const seen = (title) => title.replaceAll("\u200b", "");

test("the number stands in front of the title, and goes again", () => {
  const counted = countedTitle("Board", 3);
  assert.equal(seen(counted), "(3) Board");
  assert.equal(countedTitle(counted, 0), "Board");
  assert.equal(seen(countedTitle("Board", 100)), "(99+) Board");
  assert.equal(countedTitle("", 0), "");
  assert.equal(seen(countedTitle("", 1)), "(1)");
  assert.equal(countedTitle(countedTitle("", 1), 0), "");
});

test("a number of ours is never doubled, wherever the host has put it", () => {
  const counted = countedTitle("Board", 3);
  assert.equal(seen(countedTitle(counted, 4)), "(4) Board");
  assert.equal(seen(countedTitle(countedTitle("Board", 100), 2)), "(2) Board");
  assert.equal(seen(countedTitle(`* ${counted}`, 4)), "(4) * Board");
  assert.equal(countedTitle(`* ${counted}`, 0), "* Board");
});

test("a number of the host's own is neither doubled nor eaten", () => {
  for (const own of ["(3) Board", "(3)\u00a0Board", "(99+) Board"]) {
    for (const count of [0, 3, 7]) assert.equal(countedTitle(own, count), own);
  }
  assert.equal(seen(countedTitle("Board (3)", 2)), "(2) Board (3)");
  assert.equal(countedTitle(countedTitle("Board (3)", 2), 0), "Board (3)");
});

// Which rooms

const NOON = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds) => new Date(NOON + seconds * 1000).toISOString();

/** A room whose message 2 came ten seconds after noon. */
function waiting({ last = {}, ...more } = {}) {
  const newest = message(2, 2, { created_at: at(10), ...last });
  return room({ head: 2, last_message: newest, last_message_at: newest.created_at, ...more, me: { read: 1, ...more.me } });
}

function told(rooms, more = {}) {
  const how = { user: "17", since: NOON, now: NOON + 11_000, told: () => "", ...more };
  return roomsToTell(rooms, how).map((each) => each.room);
}

test("a new message is told", () => {
  assert.deepEqual(told([waiting()]), ["5"]);
});

test("one of the system is told, too", () => {
  assert.deepEqual(told([waiting({ last: { sender: null, kind: "system" } })]), ["5"]);
});

for (const [what, rooms, more] of [
  ["the person's own message, from whatever device", [waiting({ last: { sender: "17" } })]],
  ["what has been read", [waiting({ me: { read: 2 } })]],
  ["what has been cleared", [waiting({ me: { cleared: 2 } })]],
  ["what was deleted again", [waiting({ last: { deleted_at: at(10) } })]],
  ["a muted room", [waiting({ me: { muted_until: at(3600) } })]],
  ["what the page had from the beginning", [waiting()], { since: NOON + 10_500 }],
  ["what was told before", [waiting()], { told: () => at(10) }],
  ["what is old", [waiting()], { now: NOON + 400_000 }],
  ["a room that was only marked as unread", [waiting({ me: { read: 2, marked_unread: true } })]],
  ["a room without messages", [room()]],
]) {
  test(`nobody is told about ${what}`, () => assert.deepEqual(told(rooms, more), []));
}

test("a room whose silence is over is told again", () => {
  assert.deepEqual(told([waiting({ me: { muted_until: at(5) } })]), ["5"]);
});

// Which tab

/** As many locks as a browser has; shared ones may be held by several. */
class FakeLocks {
  held = [];

  async query() {
    return { held: this.held.map(({ name, mode }) => ({ name, mode })) };
  }

  async request(name, { mode = "exclusive" }, work) {
    await null;
    if (mode === "exclusive" && this.held.some((each) => each.name === name)) return work(null);
    const lock = { name, mode };
    this.held.push(lock);
    try {
      return await work(lock);
    } finally {
      this.held = this.held.filter((each) => each !== lock);
    }
  }
}

/** Two tabs of one person. */
function tabs(t, { locks = new FakeLocks(), storage = new MemoryStorage() } = {}) {
  const both = [new Tabs({ owner: "17", storage, locks }), new Tabs({ owner: "17", storage, locks })];
  t.after(() => both.forEach((tab) => tab.release()));
  return both;
}

test("of two tabs one tells, at the same moment and later", async (t) => {
  const [first, second] = tabs(t);
  const claims = await Promise.all([first.claim("5", at(1)), second.claim("5", at(1))]);
  assert.equal(claims.filter(Boolean).length, 1);
  assert.deepEqual([await first.claim("5", at(1)), await second.claim("5", at(1))], [false, false]);
});

test("another message and another room are told anew", async (t) => {
  const [first, second] = tabs(t);
  assert.equal(await first.claim("5", at(1)), true);
  assert.equal(await second.claim("5", at(2)), true);
  assert.equal(await second.claim("6", at(1)), true);
  assert.equal(await first.claim("5", at(1)), false);
});

test("the tab that is looked at tells, no other", async (t) => {
  const [looked, hidden] = tabs(t);
  looked.look([]);
  await settled();
  assert.equal(await hidden.claim("5", at(1)), false);
  assert.equal(await looked.claim("5", at(1)), true);
  looked.look(null);
  await settled();
  assert.equal(await hidden.claim("5", at(2)), true);
});

test("no tab tells of a room that is on a screen", async (t) => {
  const [looked, hidden] = tabs(t);
  looked.look(["5"]);
  await settled();
  assert.deepEqual([await hidden.claim("5", at(1)), await looked.claim("5", at(1))], [false, false]);
  assert.equal(await looked.claim("6", at(1)), true);
});

test("whoever has been told stays told when the tab has gone", async (t) => {
  const [first, second] = tabs(t);
  assert.equal(await first.claim("5", at(1)), true);
  first.release();
  await settled();
  assert.equal(await second.claim("5", at(1)), false);
});

test("without locks what is in the storage decides, without a storage each tab", async (t) => {
  const [first, second] = tabs(t, { locks: null });
  assert.deepEqual([await first.claim("5", at(1)), await second.claim("5", at(1))], [true, false]);
  const [third] = tabs(t, { locks: null, storage: null });
  assert.deepEqual([await third.claim("5", at(1)), await third.claim("5", at(1))], [true, false]);
});

test("a full storage is no reason to tell twice", async (t) => {
  const storage = new MemoryStorage();
  storage.full = true;
  const [first] = tabs(t, { locks: null, storage });
  assert.deepEqual([await first.claim("5", at(1)), await first.claim("5", at(1))], [true, false]);
});

test("the memory of what was told does not grow for ever", (t) => {
  const storage = new MemoryStorage();
  const [first] = tabs(t, { storage });
  for (let number = 0; number < 200; number += 1) first.remember(`room ${number}`, at(number));
  assert.equal(first.told("room 199"), at(199));
  assert.ok(Object.keys(JSON.parse(Object.values({ ...storage }).find((text) => typeof text === "string"))).length <= 50);
});

// The sound

test("the shipped sound is the one that is made, short and without a click", () => {
  const file = readFileSync(new URL("../../src/django_pairchat/static/pairchat/pairchat-message.wav", import.meta.url));
  const made = wav();
  assert.equal(file.length, made.length);
  assert.ok(file.length < 16_000);
  assert.deepEqual(file.subarray(0, 44), made.subarray(0, 44));
  for (let at = 44; at < made.length; at += 2) {
    assert.ok(Math.abs(file.readInt16LE(at) - made.readInt16LE(at)) <= 1);
  }
  assert.ok(Math.abs(made.readInt16LE(44)) < 100 && Math.abs(made.readInt16LE(made.length - 2)) < 100);
});
