import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts, Outbox } from "../src/outbox.js";
import { Disconnected, Refusal } from "../src/protocol.js";
import { Sender } from "../src/sender.js";
import { MemoryStorage, settled } from "./make.js";

const text = (client_id, content = client_id, room = "5") => ({ client_id, room, content, reply_to: null });
const contents = (outbox, room) => outbox.items(room).map(({ content }) => content);

function sending(outbox, answer, more = {}) {
  const tried = [];
  const sent = [];
  const sender = new Sender({
    outbox,
    ready: () => true,
    send: async (item) => {
      tried.push(item.client_id);
      return answer(item, tried.length);
    },
    sent: (message) => sent.push(message),
    onRefused: () => {},
    ...more,
  });
  return { sender, tried, sent };
}

const stored = async ({ client_id }) => ({ message: { client_id } });

test("texts come back after a reload, in order, each for its room", () => {
  const storage = new MemoryStorage();
  const outbox = new Outbox(storage, "17");
  outbox.add(text("b"));
  outbox.add(text("a"));
  outbox.add(text("c", "c", "6"));
  const reloaded = new Outbox(storage, "17");
  assert.deepEqual(contents(reloaded), ["b", "a", "c"]);
  assert.deepEqual(contents(reloaded, "6"), ["c"]);
});

test("one user's texts are not another's", () => {
  const storage = new MemoryStorage();
  new Outbox(storage, "1").add(text("a"));
  assert.deepEqual(contents(new Outbox(storage, "17")), []);
  assert.deepEqual(contents(new Outbox(storage, "1")), ["a"]);
});

test("a full storage is admitted, and the text kept while the page lives", () => {
  const storage = new MemoryStorage();
  const outbox = new Outbox(storage, "17");
  assert.equal(outbox.add(text("a")), true);
  storage.full = true;
  assert.equal(outbox.add(text("b")), false);
  assert.deepEqual(contents(outbox), ["a", "b"]);
  assert.equal(outbox.remove("b"), true);
  assert.equal(outbox.remove("b"), false);
});

test("without any storage texts are still sent", async () => {
  const outbox = new Outbox(null, "17");
  assert.equal(outbox.add(text("a")), false);
  const { sender, tried } = sending(outbox, stored);
  await sender.flush();
  assert.deepEqual([tried, contents(outbox)], [["a"], []]);
});

test("what is no outbox entry is passed over", () => {
  const storage = new MemoryStorage();
  storage.setItem("pairchat:outbox:17:x", "{broken");
  storage.setItem("other", "1");
  assert.deepEqual(contents(new Outbox(storage, "17")), []);
});

test("a clock that goes back keeps the order", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1000 });
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  t.mock.timers.setTime(10);
  outbox.add(text("b"));
  assert.deepEqual(contents(outbox), ["a", "b"]);
});

test("everything is sent in order, one after the other", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  for (const id of ["a", "b", "c"]) outbox.add(text(id));
  let open = 0;
  const { sender, tried, sent } = sending(outbox, async (item) => {
    open += 1;
    assert.equal(open, 1);
    await settled();
    open -= 1;
    return stored(item);
  });
  await Promise.all([sender.flush(), sender.flush()]);
  assert.deepEqual([tried, sent.length, contents(outbox)], [["a", "b", "c"], 3, []]);
});

test("a text added while sending is sent too", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  const { sender, tried } = sending(outbox, async (item, nth) => {
    if (nth === 1) {
      outbox.add(text("b"));
      sender.flush();
    }
    return stored(item);
  });
  await sender.flush();
  assert.deepEqual(tried, ["a", "b"]);
});

test("a lost answer is asked for again with the same id", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  const { sender, tried } = sending(outbox, async (item, nth) => {
    if (nth === 1) throw new Disconnected();
    return stored(item);
  });
  await sender.flush();
  assert.deepEqual(contents(outbox), ["a"]);
  await sender.flush();
  assert.deepEqual([tried, contents(outbox)], [["a", "a"], []]);
});

test("nothing is tried without a way to the server", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  const { sender, tried } = sending(outbox, stored, { ready: () => false });
  await sender.flush();
  assert.deepEqual([tried, contents(outbox)], [[], ["a"]]);
});

test("a refused text stays with its reason and does not hold up the next", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  outbox.add(text("b"));
  const { sender, tried } = sending(outbox, async (item) => {
    if (item.client_id === "a") throw new Refusal({ code: "rejected", message: "Not here." });
    return stored(item);
  });
  await sender.flush();
  assert.deepEqual(tried, ["a", "b"]);
  assert.deepEqual([outbox.get("a").code, outbox.get("a").error], ["rejected", "Not here."]);
  assert.equal(outbox.next(), null);
});

test("a refused text that is tried again keeps its id", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  outbox.fail(outbox.get("a"), "error", "");
  outbox.retry("a");
  const { sender, tried } = sending(outbox, stored);
  await sender.flush();
  assert.deepEqual([tried, contents(outbox)], [["a"], []]);
});

test("rate limits are waited out, in order", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  outbox.add(text("b"));
  const { sender, tried } = sending(outbox, async (item, nth) => {
    if (nth === 1) throw new Refusal({ code: "rate_limited", retry_after: 3 });
    return stored(item);
  });
  const done = sender.flush();
  await settled();
  t.mock.timers.tick(2999);
  await settled();
  assert.deepEqual(tried, ["a"]);
  t.mock.timers.tick(600);
  await done;
  assert.deepEqual(tried, ["a", "a", "b"]);
});

test("an unforeseen error gets three tries", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  const { sender, tried } = sending(outbox, async () => {
    throw new Refusal({ code: "error", message: "Sorry." });
  });
  const done = sender.flush();
  for (let turn = 0; turn < 4; turn += 1) {
    await settled();
    t.mock.timers.tick(5000);
  }
  await done;
  assert.deepEqual([tried.length, outbox.get("a").error], [3, "Sorry."]);
});

test("a session that is over keeps the texts", async () => {
  const outbox = new Outbox(new MemoryStorage(), "17");
  outbox.add(text("a"));
  const { sender } = sending(outbox, async () => {
    throw new Refusal({ code: "unauthenticated" });
  });
  await sender.flush();
  assert.deepEqual([contents(outbox), outbox.get("a").error], [["a"], undefined]);
});

test("two tabs that send side by side keep the order and end with an empty outbox", async () => {
  const storage = new MemoryStorage();
  const stored = [];
  const answer = async ({ client_id }) => {
    await settled();
    if (!stored.includes(client_id)) stored.push(client_id);
    return { message: { client_id } };
  };
  const tabs = [1, 2].map(() => new Outbox(storage, "17"));
  for (const id of ["a", "b", "c"]) tabs[0].add(text(id));
  await Promise.all(tabs.map((outbox) => sending(outbox, answer).sender.flush()));
  assert.deepEqual([stored, contents(tabs[1])], [["a", "b", "c"], []]);
});

test("a draft is kept per room and forgotten when empty", () => {
  const storage = new MemoryStorage();
  const drafts = new Drafts(storage, "17");
  drafts.set("5", "half a sent");
  assert.deepEqual([drafts.get("5"), drafts.get("6")], ["half a sent", ""]);
  drafts.set("5", "");
  assert.equal(storage.length, 0);
  storage.full = true;
  drafts.set("5", "no room");
  assert.equal(drafts.get("5"), "");
});
