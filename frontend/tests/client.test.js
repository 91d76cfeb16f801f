import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { PairchatClient, asyncStorage } from "../src/client/index.js";
import { SmallServer, turns } from "./small-server.js";

let server, tokens, asked, tick;

beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  t.mock.method(Math, "random", () => 0.5);
  tick = async (milliseconds) => {
    t.mock.timers.tick(milliseconds);
    await turns();
  };
  server = new SmallServer();
  tokens = ["one", "two", "three"];
  asked = [];
});

/** Some seconds, in small steps: what waits for what goes on in between. */
async function pass(steps, milliseconds = 10) {
  for (let step = 0; step < steps; step += 1) await tick(milliseconds);
}

/** A client of an app that gets the next token when the last one is refused. */
function client(more = {}) {
  const { fetch, openSocket } = server;
  return new PairchatClient({
    ...{ base: "https://shop.example/chat/", user: "17", fetch, openSocket, locks: null },
    authenticate: async ({ refused }) => {
      asked.push(refused);
      if (refused) tokens.shift();
      return tokens[0] ? { Authorization: `Bearer ${tokens[0]}` } : null;
    },
    ...more,
  });
}

const contents = (state) => state.messages.map(({ content }) => content);

/** A started client with its room, loaded. */
async function chatting(more) {
  const chat = client(more);
  chat.start();
  const room = chat.room("5");
  room.subscribe(() => {});
  await turns();
  assert.equal(chat.state, "open");
  return { chat, room };
}

test("a view that mounts, goes and mounts again has one socket; it closes after the last one left", async () => {
  const chat = client();
  const leaveFirst = [chat.start(), chat.room("5").subscribe(() => {})];
  for (const leave of leaveFirst) leave();
  const leaveSecond = [chat.start(), chat.room("5").subscribe(() => {})];
  leaveFirst[0]();
  await turns();
  await tick(5_000);
  assert.deepEqual([server.sockets.length, chat.state], [1, "open"]);
  assert.deepEqual(contents(chat.room("5").getSnapshot()), ["text 1"]);
  const asked = server.asked.length + server.requests.length;
  const off = chat.room("5").subscribe(() => {});
  for (const leave of [leaveSecond[1], off]) leave();
  leaveSecond[1] = chat.room("5").subscribe(() => {});
  await turns();
  assert.equal(server.asked.length + server.requests.length, asked);
  for (const leave of leaveSecond) leave();
  await tick(999);
  assert.equal(server.open.length, 1);
  await tick(1);
  assert.deepEqual([server.open.length, chat.state], [0, "idle"]);
  chat.start();
  await turns();
  assert.equal(server.open.length, 1);
});

test("a client that is stopped before its storage was read opens no socket", async () => {
  const chat = client({ storage: asyncStorage(new SlowStorage()) });
  chat.start();
  chat.stop();
  await tick(1_000);
  assert.equal(server.sockets.length, 0);
});

test("requests that are refused together get one new token", async () => {
  server.valid = new Set(["two"]);
  const chat = client();
  await Promise.all([chat.request("inbox", {}), chat.request("inbox", {}), chat.request("inbox", {})]);
  assert.deepEqual(asked, [false, true]);
  assert.equal(server.requests.length, 6);
});

test("a refusal of the token before last asks for no third one", async () => {
  let hold;
  const late = new Promise((resolve) => (hold = resolve));
  const { fetch } = server;
  let first = true;
  server.valid = new Set(["two"]);
  const chat = client({
    fetch: async (...request) => {
      const waits = first;
      first = false;
      const answer = await fetch(...request);
      if (waits) await late;
      return answer;
    },
  });
  const slow = chat.request("inbox", {});
  await chat.request("inbox", {});
  hold();
  await slow;
  assert.deepEqual(asked, [false, true]);
});

test("a token that expires while the socket is open is renewed, and nothing is lost or doubled", async () => {
  const { chat, room } = await chatting();
  server.valid = new Set(["two"]);
  server.sockets[0].end(4401);
  server.say("while you were away", {}, false);
  room.send("written meanwhile");
  await turns();
  await tick(1_000);
  assert.deepEqual(asked, [false, true]);
  assert.deepEqual([chat.state, server.open.length], ["open", 1]);
  assert.equal(server.open[0].headers.Authorization, "Bearer two");
  const now = room.getSnapshot();
  assert.deepEqual(contents(now), ["text 1", "while you were away", "written meanwhile"]);
  assert.deepEqual(now.pending, []);
  assert.equal(server.messages.length, 3);
});

test("without a new token it is signed out, and what was written is kept", async () => {
  const { chat, room } = await chatting();
  tokens = ["one"];
  server.valid = new Set();
  server.sockets[0].end(4401);
  room.send("not yet");
  await turns();
  await tick(60_000);
  assert.deepEqual([chat.state, server.open.length], ["signed-out", 0]);
  assert.deepEqual(room.getSnapshot().pending.map(({ content }) => content), ["not yet"]);
  tokens = server.valid = new Set(["four"]);
  tokens = ["four"];
  chat.stop();
  chat.start();
  await tick(1_000);
  assert.deepEqual(contents(room.getSnapshot()), ["text 1", "not yet"]);
});

test("who is not signed in at the start is told so at once", async () => {
  tokens = [];
  const chat = client();
  chat.start();
  await tick(10);
  assert.deepEqual([chat.state, server.sockets.length], ["signed-out", 0]);
  await assert.rejects(chat.request("inbox", {}), { code: "unauthenticated" });
});

test("no connection while it asks for a token is no reason to sign out", async () => {
  let reachable = false;
  const chat = client({
    authenticate: async () => {
      if (!reachable) throw new TypeError("no network");
      return { Authorization: "Bearer one" };
    },
  });
  chat.start();
  await tick(3_000);
  assert.equal(chat.state, "waiting");
  reachable = true;
  await tick(30_000);
  assert.equal(chat.state, "open");
});

test("after a sleep it notices that its socket is dead, and catches up", async () => {
  const { chat, room } = await chatting();
  server.silent = true;
  server.say("while it slept", {}, false);
  // Whatever timers were due fire when it wakes, together.
  await tick(3_600_000);
  await tick(10_000);
  server.silent = false;
  await tick(1_000);
  assert.deepEqual([chat.state, server.open.length], ["open", 1]);
  assert.deepEqual(contents(room.getSnapshot()), ["text 1", "while it slept"]);
});

test("an app that comes to the foreground with a dead socket has three seconds to notice", async () => {
  const { chat, room } = await chatting();
  chat.setActive(false);
  server.silent = true;
  server.say("meanwhile", {}, false);
  chat.setActive(true);
  await tick(3_000);
  server.silent = false;
  await tick(500);
  assert.deepEqual(contents(room.getSnapshot()), ["text 1", "meanwhile"]);
});

test("kinds and fields of a later version are passed over, and their text is shown", async () => {
  const { room } = await chatting();
  server.tell({ kind: "hologram", room: "5", beam: 1 });
  for (const socket of server.open) socket.receive({ type: "weather", id: 1 });
  server.say("shown all the same", { kind: "offer-2", data: { price: 3 }, warmth: 9 });
  const { messages, status } = room.getSnapshot();
  assert.equal(status, "ready");
  assert.deepEqual(messages[1].kind, "offer-2");
  assert.equal(messages[1].content, "shown all the same");
});

/** As on a phone: each answer takes a moment. */
class SlowStorage {
  kept = new Map();

  async #later(act) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return act();
  }

  getItem = (key) => this.#later(() => this.kept.get(key) ?? null);
  setItem = (key, value) => this.#later(() => void this.kept.set(key, value));
  removeItem = (key) => this.#later(() => void this.kept.delete(key));
  getAllKeys = () => this.#later(() => [...this.kept.keys()]);
}

test("what was written goes out in its order after a restart, once, and before what is written then", async () => {
  const disk = new SlowStorage();
  disk.kept.set("of:another", "{");
  server.down = true;
  const before = client({ storage: asyncStorage(disk) });
  before.start();
  before.room("5").send("first");
  before.room("5").send("second");
  const saved = before.saved();
  await pass(10);
  await saved;
  before.stop();

  server.down = false;
  const after = client({ storage: asyncStorage(disk) });
  after.start();
  after.room("5").send("third");
  await pass(20);
  await after.room("5").load();
  assert.deepEqual(contents(after.room("5").getSnapshot()), ["text 1", "first", "second", "third"]);
  await pass(20);
  assert.deepEqual([...disk.kept.keys()], ["of:another"]);
});

test("what was changed before the storage was read stays as it was changed", async () => {
  const disk = new SlowStorage();
  disk.kept.set("pairchat:one", "old");
  disk.kept.set("pairchat:two", "old");
  const storage = asyncStorage(disk);
  const loading = storage.load();
  storage.setItem("pairchat:one", "new");
  storage.removeItem("pairchat:two");
  await pass(10);
  await loading;
  assert.deepEqual([storage.getItem("pairchat:one"), storage.getItem("pairchat:two")], ["new", null]);
  assert.deepEqual([...disk.kept], [["pairchat:one", "new"]]);
});

test("a storage that is full says so, and the text is sent all the same", async () => {
  const disk = new SlowStorage();
  disk.setItem = async () => {
    throw new Error("disk full");
  };
  const chat = client({ storage: asyncStorage(disk) });
  chat.start();
  const room = chat.room("5");
  room.send("kept in memory");
  await assert.rejects(chat.saved(), /disk full/);
  await chat.saved();
  await pass(20);
  assert.deepEqual(server.messages.map(({ content }) => content), ["text 1", "kept in memory"]);
});

test("a state is the same object until something changes, and typing ends by itself", async () => {
  const { room } = await chatting();
  const before = room.getSnapshot();
  assert.equal(room.getSnapshot(), before);
  server.tell({ kind: "typing", room: "5", user: "9", on: true });
  assert.equal(room.getSnapshot().typing, true);
  await tick(5_999);
  assert.equal(room.getSnapshot().typing, true);
  await tick(1);
  assert.equal(room.getSnapshot().typing, false);
  server.tell({ kind: "presence", room: "5", user: "9", online: true, last_active: null });
  assert.deepEqual(room.getSnapshot().presence, { online: true, lastActive: null });
});

test("a room of somebody else is gone, and nobody waits for it", async () => {
  const chat = client();
  assert.equal((await chat.room("6").load()).status, "gone");
});

test("a picture's address for an element is a whole one, of the site", async () => {
  const [{ room, seq, url, thumbnail }] = await client().addressesOf([{ room: "5", seq: 1 }]);
  const at = "https://shop.example/chat/rooms/5/files/1/";
  assert.deepEqual([room, seq, url, thumbnail], ["5", 1, `${at}?proof=x`, `${at}thumbnail/?proof=x`]);
});

test("without sockets it lives on HTTP", async () => {
  const chat = client({ openSocket: () => { throw new TypeError("blocked"); } });
  chat.start();
  const room = chat.room("5");
  room.subscribe(() => {});
  await tick(1_000);
  await tick(2_000);
  await pass(10, 3_000);
  assert.equal(chat.state, "polling");
  server.say("over HTTP", {}, false);
  room.send("this way, too");
  await tick(3_000);
  await tick(3_000);
  assert.deepEqual(contents(room.getSnapshot()), ["text 1", "over HTTP", "this way, too"]);
});

test("an address or a key that cannot be one is said at once", () => {
  assert.throws(() => client({ base: "/chat/" }), /whole address/);
  assert.throws(() => client({ user: 17 }), /as a text/);
});
