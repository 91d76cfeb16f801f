/** Voice messages: in which format they are recorded, what they are called, and how they look. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, formatFor, nameOf } from "../src/voice/formats.js";
import { bars, outline } from "../src/voice/wave.js";

const has = (/** @type {string[]} */ ...types) => (/** @type {string} */ type) => types.includes(type);

test("what every browser plays comes first, as far as this one records it and the server takes it", () => {
  const all = has("audio/mp4;codecs=mp4a.40.2", "audio/mp4", "audio/webm;codecs=opus");
  assert.equal(formatFor(".m4a,.weba", all)?.suffix, ".m4a");
  assert.equal(formatFor(".jpg,.weba", all)?.suffix, ".weba");
  assert.equal(formatFor(".m4a,.weba", has("audio/webm;codecs=opus"))?.suffix, ".weba");
  assert.equal(formatFor(".m4a", has("audio/webm;codecs=opus")), undefined);
  assert.equal(formatFor(".jpg", all), undefined);
});

test("a recording is named after its moment", () => {
  assert.equal(nameOf(new Date(2026, 2, 1, 9, 5, 7), ".m4a"), "voice-2026-03-01-090507.m4a");
  assert.deepEqual([clock(0), clock(9.9), clock(61), clock(600)], ["0:00", "0:09", "1:01", "10:00"]);
});

test("however long it is, it has so many bars, and none of its peaks is lost", () => {
  const levels = Array.from({ length: 1000 }, (_, at) => (at === 517 ? 1 : 0.1));
  assert.equal(bars(levels).length, 48);
  assert.equal(Math.max(...bars(levels)), 1);
  assert.deepEqual(bars([0.5, 0.25]), [0.5, 0.25]);
});

test("its bars lie around a middle line, and silence can be seen", () => {
  assert.equal(outline([1, 0.5, 0], 0), "M0.5 0.050v0.900M1.5 0.275v0.450M2.5 0.473v0.054");
  assert.equal(outline([0.5], 7), "M7.5 0.275v0.450");
  assert.equal(outline([], 0), "");
});
