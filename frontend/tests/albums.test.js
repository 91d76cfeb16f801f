/** Which messages of a list are one album, whatever came in between, late, or not at all. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { places } from "../src/albums.js";
import { message } from "./make.js";

const PHOTO = { name: "a.jpg", type: "image/jpeg", size: 1, width: 40, height: 30, url: "/a" };
const photo = (/** @type {number} */ seq, more = {}) =>
  message(seq, seq, { kind: "file", content: "", album: "one", attachment: PHOTO, ...more });
const always = () => true;

test("neighbours of one album are laid out together, all others alone", () => {
  const list = [message(1), photo(2), photo(3), message(4), photo(5, { album: null }), photo(6, { album: "two" })];
  assert.deepEqual(places(list, always), ["", "half start top bottom", "half end top bottom", "", "", ""]);
});

test("a line or a message in between parts them, and so does the end of their group", () => {
  assert.deepEqual(places([photo(1), undefined, photo(2)], always), ["", "", ""]);
  assert.deepEqual(places([photo(1), message(2), photo(3)], always), ["", "", ""]);
  assert.deepEqual(places([photo(1), photo(2)], () => false), ["", ""]);
});

test("a deleted photo keeps its place, so that the others keep theirs", () => {
  const deleted = photo(2, { attachment: null, deleted_at: "2026-01-01T00:00:00.000Z" });
  const [first, second, third] = places([photo(1), deleted, photo(3)], always);
  assert.deepEqual([first, second, third], ["full start end top", "half start bottom", "half end bottom"]);
});

test("a file that is no photo is in no album", () => {
  const file = photo(2, { attachment: { ...PHOTO, type: "application/pdf", width: null } });
  assert.deepEqual(places([photo(1), file], always), ["", ""]);
});

test("a caption or an answer gives the first photo a line of its own", () => {
  assert.equal(places([photo(1, { content: "look" }), photo(2)], always)[0], "full start end top");
  assert.equal(places([photo(5, { reply_to: 1 }), photo(6)], always)[0], "full start end top");
});
