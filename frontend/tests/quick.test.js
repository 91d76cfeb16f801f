import assert from "node:assert/strict";
import { test } from "node:test";
import { lineWithSlash, shortened } from "../src/quick/rules.js";

test("a slash asks for saved texts only as the one sign of a line, with the cursor behind it", () => {
  assert.equal(lineWithSlash("/", 1, 1), 0);
  assert.equal(lineWithSlash("a draft\n/", 9, 9), 8);
  assert.equal(lineWithSlash("a draft\n/\nand more", 9, 9), 8);
  for (const [text, at] of /** @type {[string, number][]} */ ([["and/", 4], ["1/2", 2], ["/ ", 1], ["//", 2], ["/", 0]])) {
    assert.equal(lineWithSlash(text, at, at), null, text);
  }
  assert.equal(lineWithSlash("/", 0, 1), null);
});

test("a saved text is named by one short line, and no sign is cut in two", () => {
  assert.equal(shortened(" Yes,\n it is  there "), "Yes, it is there");
  assert.equal(shortened("👍".repeat(80)), `${"👍".repeat(59)}…`);
});
