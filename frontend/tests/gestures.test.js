import assert from "node:assert/strict";
import { test } from "node:test";

import { drawn, follow } from "../src/gestures.js";

/** A line of a list, as far as a gesture knows it, with the marks that it has now. */
class Line extends EventTarget {
  marks = new Set();
  style = { setProperty: () => this.marks.add("style") };

  hasAttribute(name) {
    return this.marks.has(name);
  }

  toggleAttribute(name, on) {
    if (on) this.marks.add(name);
    else this.marks.delete(name);
  }

  removeAttribute(name) {
    this.marks.delete(name);
  }
}

function tell(type, x = 0) {
  document.dispatchEvent(Object.assign(new Event(type), { pointerId: 1, clientX: x, clientY: 0 }));
}

for (const [what, cut] of [
  ["a page swap", (stay) => stay.abort()],
  ["the browser", () => tell("pointercancel", 300)],
]) {
  test(`what ${what} cuts off leaves no mark, and does nothing`, (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { document: before, getComputedStyle: styles } = globalThis;
    Object.assign(globalThis, { document: new EventTarget(), getComputedStyle: () => ({ direction: "ltr" }) });
    t.after(() => Object.assign(globalThis, { document: before, getComputedStyle: styles }));
    for (const isHeld of [false, true]) {
      const [line, stay, done, shown] = [new Line(), new AbortController(), [], []];
      const act = () => done.push("acted");
      follow(line, { pointerId: 1, clientX: 0, clientY: 0 }, { held: () => {}, aside: act, moved: (far) => shown.push(far), signal: stay.signal });
      if (isHeld) t.mock.timers.tick(600);
      else tell("pointermove", 300);
      assert.equal(line.marks.size, 1);
      cut(stay);
      assert.deepEqual([line.marks.size, shown.at(-1), done], [0, 0, []]);
      tell("pointermove", 200);
      t.mock.timers.tick(600);
      assert.equal(line.marks.size, 0);
    }
  });
}

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
