import assert from "node:assert/strict";
import { test } from "node:test";

import { drawn } from "../src/gestures.js";

test("a finger answers where it is drawn towards the end of the line, in either direction of writing", () => {
  assert.deepEqual([drawn(200, 5, false), drawn(-200, 5, true)], [56, 56]);
  assert.deepEqual([drawn(-200, 5, false), drawn(200, 5, true)], [0, 0]);
});

test("what trembles, scrolls or turns back does not", () => {
  assert.deepEqual([drawn(9, 0, false), drawn(60, 70, false), drawn(60, -70, false), drawn(0, 0, false)], [0, 0, 0, 0]);
  assert.equal(drawn(40, 10, false), 30);
});

test("a row is drawn both ways, and further than a message", () => {
  assert.deepEqual([drawn(-60, 5, false, true, 88), drawn(60, 5, true, true, 88)], [-50, -50]);
  assert.deepEqual([drawn(-300, 5, false, true, 88), drawn(300, 5, false, true, 88)], [-88, 88]);
  assert.deepEqual([drawn(-60, 70, false, true, 88), drawn(-9, 0, false, true, 88)], [0, -0]);
});
