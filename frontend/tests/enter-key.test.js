import assert from "node:assert/strict";
import { test } from "node:test";

import { EnterKey } from "../src/enter-key.js";

const key = (name, more = {}) => ({
  key: name,
  keyCode: name === "Enter" ? 13 : 65,
  isComposing: false,
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  ...more,
});
const enter = (more) => key("Enter", more);
const composingEnter = enter({ isComposing: true, keyCode: 229 });

/** Runs events and gives back how often it was sent, and what the last key press was answered. */
function run(events, touch = false) {
  const keys = new EnterKey(() => touch);
  let sent = 0;
  let last;
  for (const [name, detail] of events) {
    if (name === "down") {
      last = keys.keyDown(detail);
      if (last === "send") sent += 1;
    } else if (name === "up") keys.keyUp(detail);
    else if (name === "start") keys.compositionStart(detail);
    else if (name === "update") keys.compositionUpdate(detail);
    else if (keys.compositionEnd(detail)) sent += 1;
  }
  return { sent, last, swallows: keys.swallowsNewLine };
}

const syllable = [
  ["start", ""],
  ["update", "ㅇ"],
  ["update", "안"],
];

test("Enter sends", () => {
  assert.deepEqual(run([["down", enter()]]), { sent: 1, last: "send", swallows: false });
});

test("Shift and Enter is a new line", () => {
  assert.equal(run([["down", enter({ shiftKey: true })]]).last, "pass");
});

test("on a touch device Enter is a new line, with Control it sends", () => {
  assert.equal(run([["down", enter()]], true).last, "pass");
  assert.equal(run([["down", enter({ ctrlKey: true })]], true).last, "send");
});

test("Enter while a Hangul syllable is composed sends once, at its end", () => {
  const events = [...syllable, ["down", composingEnter], ["end", "안"], ["up", enter()]];
  assert.equal(run(events.slice(0, -2)).sent, 0);
  assert.equal(run(events).sent, 1);
});

test("a second keydown of the same press does not send again", () => {
  const result = run([...syllable, ["down", composingEnter], ["end", "안"], ["down", enter()], ["up", enter()]]);
  assert.deepEqual([result.sent, result.last], [1, "stop"]);
});

test("the new line of that press is swallowed until the key is released", () => {
  const events = [...syllable, ["down", composingEnter], ["end", "안"]];
  assert.equal(run(events).swallows, true);
  assert.equal(run([...events, ["up", enter()]]).swallows, false);
});

test("the next press sends again, also when the release was never seen", () => {
  const again = [...syllable, ["down", composingEnter], ["end", "안"]];
  assert.equal(run([...again, ...again]).sent, 2);
  assert.equal(run([...again, ["down", key("b")], ["down", enter()]]).sent, 2);
});

test("Safari ends the Hangul composition before the keydown: it sends once", () => {
  const events = [...syllable, ["end", "안"], ["down", enter({ keyCode: 229 })], ["up", enter()]];
  assert.equal(run(events).sent, 1);
  assert.equal(run([...syllable, ["end", "안"], ["down", enter({ keyCode: 229 })], ["down", enter()]]).sent, 1);
});

for (const [language, text] of [
  ["Chinese", "你好"],
  ["Japanese", "こんにちは"],
  ["Latin", "nihao"],
]) {
  test(`${language} composition: Enter only confirms`, () => {
    const composed = [["start", ""], ["update", text]];
    assert.equal(run([...composed, ["down", composingEnter], ["end", text], ["up", enter()]]).sent, 0);
    assert.equal(run([...composed, ["end", text], ["down", enter({ keyCode: 229 })], ["up", enter()]]).sent, 0);
    assert.equal(run([...composed, ["down", composingEnter], ["end", text], ["up", enter()], ["down", enter()]]).sent, 1);
  });
}

test("a key that is called Process meanwhile is Enter all the same", () => {
  const process = key("Process", { code: "Enter", keyCode: 229, isComposing: true });
  assert.equal(run([...syllable, ["down", process], ["end", "안"], ["up", enter()]]).sent, 1);
  assert.equal(run([...syllable, ["down", process], ["end", "안"], ["down", enter()], ["up", enter()]]).sent, 1);
  assert.equal(run([["start", ""], ["update", "こ"], ["down", process], ["end", "こ"], ["up", enter()]]).sent, 0);
});

test("choosing a Hanja for a syllable only confirms", () => {
  assert.equal(run([...syllable, ["down", composingEnter], ["update", "安"], ["end", "安"], ["up", enter()]]).sent, 0);
});

test("a composition that goes on after Enter sends nothing when it ends", () => {
  const more = key("Process", { code: "KeyK", keyCode: 229, isComposing: true });
  assert.equal(run([...syllable, ["down", composingEnter], ["down", more], ["end", "안"]]).sent, 0);
});

test("syllables that follow each other send nothing", () => {
  const result = run([...syllable, ["end", "안"], ...syllable, ["end", "안"], ["down", key("Process", { keyCode: 229 })]]);
  assert.equal(result.sent, 0);
});

test("Shift and Enter in a composition is a new line, not a message", () => {
  const events = [...syllable, ["down", enter({ isComposing: true, keyCode: 229, shiftKey: true })], ["end", "안"]];
  assert.equal(run(events).sent, 0);
});

test("a composition that is cancelled sends nothing", () => {
  assert.equal(run([...syllable, ["down", key("Escape", { isComposing: true })], ["end", ""]]).sent, 0);
});
