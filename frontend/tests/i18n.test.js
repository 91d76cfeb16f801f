import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer } from "../src/announcer.js";
import { banner } from "../src/connection-status.js";
import { Catalogue } from "../src/messages-catalog.js";

test("a short break passes in silence, a longer one is named, a long one promises", () => {
  assert.deepEqual(banner("waiting", 0, true), { key: "", wait: 2000 });
  assert.deepEqual(banner("connecting", 1999, true), { key: "", wait: 1 });
  assert.deepEqual(banner("waiting", 2000, true), { key: "reconnecting", wait: 8000 });
  assert.deepEqual(banner("waiting", 10_000, true), { key: "offline", wait: null });
});

test("where the browser knows of no network, the promise comes at once", () => {
  assert.equal(banner("waiting", 2000, false).key, "offline");
});

test("an end is named, and a connection of any kind is not", () => {
  assert.equal(banner("signed-out", 0, true).key, "signed-out");
  assert.equal(banner("stopped", 0, true).key, "stopped");
  assert.deepEqual(banner("paused", 0, true), { key: "paused", wait: null });
  for (const state of ["open", "polling", "idle"]) assert.deepEqual(banner(state, 60_000, true), { key: "", wait: null });
});

function announcing(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const words = new Catalogue({ new_message: "New from {name}", new_messages: { other: "{count} new" } }, "en");
  const announcer = new Announcer({
    polite: (text) => said.push(text),
    assertive: (text) => said.push(`! ${text}`),
    words,
  });
  return { announcer, said, tick: (milliseconds) => t.mock.timers.tick(milliseconds) };
}

test("one message is announced by name, several by number, once a second", (t) => {
  const { announcer, said, tick } = announcing(t);
  announcer.came("민수");
  tick(999);
  assert.deepEqual(said, []);
  tick(1);
  for (let number = 0; number < 3; number += 1) announcer.came("민수");
  tick(1000);
  assert.deepEqual(said, ["New from 민수", "3 new"]);
});

test("an announcement does not stay in the page", (t) => {
  const { announcer, said, tick } = announcing(t);
  announcer.came("민수");
  tick(1000);
  tick(1000);
  tick(7000);
  assert.deepEqual(said, ["New from 민수", ""]);
});

test("a message that comes while the last announcement stays is announced too", (t) => {
  const { announcer, said, tick } = announcing(t);
  announcer.came("민수");
  tick(1000);
  tick(1000);
  announcer.came("민수");
  tick(7000);
  tick(1000);
  assert.equal(said.filter(Boolean).length, 2);
});

test("the same problem twice is read out twice", (t) => {
  const { announcer, said, tick } = announcing(t);
  announcer.problem("No.");
  tick(50);
  announcer.problem("No.");
  tick(50);
  assert.deepEqual(said, ["! ", "! No.", "! ", "! No."]);
});
