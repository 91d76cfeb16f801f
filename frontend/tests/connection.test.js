import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Backoff } from "../src/backoff.js";
import { RoomSync } from "../src/room-sync.js";
import { Connection } from "../src/connection.js";
import { Disconnected, Refusal } from "../src/protocol.js";
import { RoomStore } from "../src/room-store.js";
import { message, messages, page, room, settled } from "./make.js";

class FakeSocket {
  frames = [];
  closed = null;

  send(text) {
    this.frames.push(JSON.parse(text));
  }

  close(code) {
    this.closed = code;
  }

  receive(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The server, or the network, closes. */
  drop(code, bye) {
    if (bye) this.receive({ type: "bye", code, ...bye });
    this.onclose?.({ code });
  }
}

/** A connection in surroundings that a test decides. */
function connected({ greeted = true, ...more } = {}) {
  const world = { sockets: [], may: true, hellos: 0, frames: [], states: [], lives: true, asked: 0 };
  world.connection = new Connection({
    url: "ws://test/",
    user: "17",
    pinged: () => ({ rooms: { 5: { epoch: "e1", rev: 3, state: "s" } } }),
    sessionLives: async () => {
      world.asked += 1;
      if (world.lives === "unreachable") throw new Disconnected();
      return world.lives;
    },
    onHello: () => (world.hellos += 1),
    onFrame: (frame) => world.frames.push(frame),
    onState: () => world.states.push(world.connection.state),
    surroundings: {
      open: () => {
        world.sockets.push(new FakeSocket());
        return world.sockets.at(-1);
      },
      mayConnect: () => world.may,
    },
    backoff: new Backoff(() => 1),
    ...more,
  });
  Object.defineProperty(world, "socket", { get: () => world.sockets.at(-1) });
  world.greet = (user = "17") => world.socket.receive({ type: "hello", protocol: 1, user, heartbeat: 25 });
  world.connection.start();
  if (greeted) world.greet();
  return world;
}

let tick;
beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  tick = (milliseconds) => t.mock.timers.tick(milliseconds);
});

test("it is open after the greeting", () => {
  const world = connected();
  assert.deepEqual([world.states, world.hellos], [["connecting", "open"], 1]);
});

test("a greeting for somebody else ends it", () => {
  const world = connected({ greeted: false });
  world.greet("9");
  assert.deepEqual([world.connection.state, world.hellos, world.socket.closed], ["signed-out", 0, 1000]);
});

test("a request gets its own answer", async () => {
  const { connection, socket } = connected();
  const first = connection.request("read", { room: "5", seq: 3 });
  const second = connection.request("edit", { room: "5", seq: 3, content: "x" });
  const [one, two] = socket.frames;
  assert.deepEqual([one.type, one.room, two.type], ["read", "5", "edit"]);
  socket.receive({ type: "error", id: two.id, code: "cannot_send", message: "No." });
  socket.receive({ type: "ok", id: one.id, room: { room: "5" } });
  assert.equal((await first).room.room, "5");
  await assert.rejects(second, (problem) => problem instanceof Refusal && problem.code === "cannot_send");
});

test("an unanswered request is given up after twenty seconds, and a late answer harms nobody", async () => {
  const { connection, socket } = connected();
  const request = connection.request("send", {});
  const refused = assert.rejects(request, { code: "unanswered" });
  socket.receive({ type: "event", kind: "later" });
  tick(20_000);
  await refused;
  socket.receive({ type: "ok", id: socket.frames[0].id });
});

test("requests are rejected when the connection goes, and while there is none", async () => {
  const { connection, socket } = connected();
  const request = connection.request("send", {});
  socket.drop(1006);
  await assert.rejects(request, Disconnected);
  await assert.rejects(connection.request("send", {}), Disconnected);
});

test("frames that nobody knows are passed over", () => {
  const { connection, socket, frames } = connected();
  socket.onmessage({ data: "{" });
  socket.receive({ type: "ok", id: 99 });
  socket.receive({ type: "event", kind: "resync" });
  assert.deepEqual([connection.state, frames], ["open", [{ type: "event", kind: "resync" }]]);
});

test("it pings every heartbeat, whatever arrived meanwhile", () => {
  const { socket } = connected();
  for (let beat = 1; beat <= 3; beat += 1) {
    tick(20_000);
    socket.receive({ type: "event", kind: "typing" });
    tick(5_000);
    assert.equal(socket.frames.length, beat);
    socket.receive({ type: "pong", id: beat, rooms: [], inbox: false });
  }
  assert.deepEqual(socket.frames[0], { type: "ping", id: 1, rooms: { 5: { epoch: "e1", rev: 3, state: "s" } } });
});

test("ten seconds of silence after a ping close it with 4900", () => {
  const { connection, socket, sockets } = connected();
  tick(25_000);
  tick(9_999);
  assert.equal(connection.state, "open");
  tick(1);
  assert.deepEqual([socket.closed, connection.state], [4900, "waiting"]);
  tick(500);
  assert.equal(sockets.length, 2);
});

test("any frame counts as a sign of life", () => {
  const { connection, socket } = connected();
  tick(25_000);
  tick(9_000);
  socket.receive({ type: "event", kind: "typing" });
  tick(9_000);
  assert.equal(connection.state, "open");
});

test("on waking it has three seconds to answer", () => {
  const { connection } = connected();
  connection.wake();
  tick(2_999);
  assert.equal(connection.state, "open");
  tick(1);
  assert.equal(connection.state, "waiting");
});

test("a server that never greets is given up after ten seconds", () => {
  const { connection, socket } = connected({ greeted: false });
  tick(10_000);
  assert.deepEqual([connection.state, socket.closed, connection.misses], ["waiting", 4900, 1]);
});

test("it comes back with doubling waits, and counts afresh after ten healthy seconds", () => {
  const world = connected();
  for (const wait of [500, 1000, 2000]) {
    world.socket.drop(1006);
    const before = world.sockets.length;
    tick(wait - 1);
    assert.equal(world.sockets.length, before);
    tick(1);
    assert.equal(world.sockets.length, before + 1);
  }
  world.greet();
  tick(9_999);
  world.socket.drop(1006);
  tick(4000);
  world.greet();
  tick(10_000);
  world.socket.drop(1006);
  tick(500);
  assert.equal(world.connection.state, "connecting");
});

test("it does not come back before the server said", () => {
  const world = connected();
  world.socket.drop(4503, { reconnect: true, retry_after: 5 });
  tick(5_000);
  assert.equal(world.sockets.length, 1);
  tick(500);
  assert.equal(world.sockets.length, 2);
});

test("a hidden page waits until it is seen", () => {
  const world = connected();
  world.may = false;
  world.socket.drop(4409);
  tick(60_000);
  assert.equal(world.sockets.length, 1);
  world.may = true;
  world.connection.wake();
  assert.equal(world.sockets.length, 2);
});

test("a page in sight that had to make room for another stays away until it is looked at, and comes back once", () => {
  const world = connected();
  world.socket.drop(4409, { reconnect: false });
  tick(600_000);
  assert.deepEqual([world.connection.state, world.sockets.length], ["paused", 1]);
  world.connection.resume();
  world.connection.resume();
  assert.deepEqual([world.connection.state, world.sockets.length], ["connecting", 2]);
  world.greet();
  world.socket.drop(4409, { reconnect: false });
  tick(600_000);
  assert.deepEqual([world.connection.state, world.sockets.length], ["paused", 2]);
});

test("a page that had to make room and is put aside connects on return", () => {
  const world = connected();
  world.socket.drop(4409, { reconnect: false });
  world.connection.pause();
  assert.equal(world.connection.state, "idle");
  world.connection.start();
  assert.equal(world.sockets.length, 2);
});

test("to be looked at does not shorten any other wait", () => {
  const world = connected();
  world.socket.drop(4503, { reconnect: true, retry_after: 9 });
  world.connection.resume();
  assert.equal(world.sockets.length, 1);
});

test("waking does not shorten the wait", () => {
  const world = connected();
  world.socket.drop(4429, { retry_after: 9 });
  world.connection.wake();
  assert.equal(world.sockets.length, 1);
});

for (const code of [4400, 4403, 4406]) {
  test(`after ${code} it stays away`, () => {
    const world = connected();
    world.socket.drop(code);
    world.connection.wake();
    tick(60_000);
    assert.deepEqual([world.connection.state, world.sockets.length], ["stopped", 1]);
  });
}

test("after 4401 it asks once, and comes back if the cookie was renewed", async () => {
  const world = connected();
  world.socket.drop(4401);
  await settled();
  tick(500);
  assert.deepEqual([world.asked, world.sockets.length], [1, 2]);
  world.socket.drop(4401);
  await settled();
  assert.deepEqual([world.asked, world.connection.state], [1, "signed-out"]);
});

test("after 4401 without a session it says so and stops", async () => {
  const world = connected();
  world.lives = false;
  world.socket.drop(4401);
  await settled();
  tick(60_000);
  assert.deepEqual([world.connection.state, world.sockets.length], ["signed-out", 1]);
});

test("after 4401 with the server away it tries again", async () => {
  const world = connected();
  world.lives = "unreachable";
  world.socket.drop(4401);
  await settled();
  tick(500);
  world.socket.drop(4401);
  await settled();
  assert.deepEqual([world.asked, world.connection.state], [2, "waiting"]);
});

test("a page that is put aside closes, and opens again on return", () => {
  const world = connected();
  world.connection.pause();
  tick(60_000);
  assert.deepEqual([world.socket.closed, world.sockets.length], [1000, 1]);
  world.connection.start();
  assert.equal(world.sockets.length, 2);
});

/** A room that a lossy server keeps, and how often it was asked. */
function catching(rev = 3) {
  const store = new RoomStore(room({ head: 3, rev: 3 }), page(messages(1, 3)));
  const asked = [];
  const catchup = new RoomSync({
    store: (key) => (key === "5" ? store : undefined),
    ask: async (rooms) => {
      asked.push(rooms);
      const { rev: from } = rooms["5"];
      const changes = messages(1, rev).filter((each) => each.rev > from);
      return { rooms: [{ ...room({ head: rev, rev }), changes, limited: false, reset: false }] };
    },
    apply: (key, synced) => synced && store.synced(synced),
  });
  return { store, asked, catchup };
}

test("a gap is waited for 300 ms, then synced", async () => {
  const { store, asked, catchup } = catching(5);
  store.onEvent("e1", message(5));
  catchup.soon("5");
  tick(299);
  await settled();
  assert.equal(asked.length, 0);
  tick(1);
  await settled();
  assert.deepEqual([asked, store.rev], [[{ 5: { epoch: "e1", rev: 3 } }], 5]);
});

test("a gap that closes by itself costs no sync", async () => {
  const { store, asked, catchup } = catching(5);
  store.onEvent("e1", message(5));
  catchup.soon("5");
  store.onEvent("e1", message(4));
  tick(300);
  await settled();
  assert.equal(asked.length, 0);
});

test("a sync that fails is asked again", async () => {
  const { store, asked, catchup } = catching(5);
  const { ask } = catchup.how;
  catchup.how.ask = async () => {
    throw new Disconnected();
  };
  assert.equal(await catchup.now(["5"]), false);
  catchup.how.ask = ask;
  tick(500);
  await settled();
  assert.deepEqual([asked.length, store.rev], [1, 5]);
});

test("a sync that comes too soon is asked again, not before the time that the server told", async () => {
  const { store, asked, catchup } = catching(5);
  const { ask } = catchup.how;
  catchup.how.ask = async () => {
    throw new Refusal({ code: "rate_limited", retry_after: 2 });
  };
  assert.equal(await catchup.now(["5"]), false);
  catchup.how.ask = ask;
  tick(1_999);
  await settled();
  assert.equal(asked.length, 0);
  tick(501);
  await settled();
  assert.deepEqual([asked.length, store.rev], [1, 5]);
});

test("rooms that are no longer shown are not asked for", async () => {
  const { asked, catchup } = catching();
  assert.equal(await catchup.now(["6"]), true);
  assert.equal(asked.length, 0);
});

test("a room that the server leaves out is gone", async () => {
  const { catchup } = catching();
  const gone = [];
  catchup.how.ask = async () => ({ rooms: [] });
  catchup.how.apply = (key, synced) => gone.push([key, synced]);
  await catchup.now(["5"]);
  assert.deepEqual(gone, [["5", undefined]]);
});

test("without a network it waits at once, and comes back with the network without another pause", async () => {
  const world = connected();
  const request = world.connection.request("send", {});
  world.may = false;
  world.connection.cut();
  await assert.rejects(request, Disconnected);
  assert.deepEqual([world.connection.state, world.socket.closed], ["waiting", 4900]);
  tick(60_000);
  assert.equal(world.sockets.length, 1);
  world.may = true;
  world.connection.wake();
  assert.deepEqual([world.connection.state, world.sockets.length], ["connecting", 2]);
});

test("an end stays an end when the network goes", () => {
  const world = connected();
  world.connection.end("signed-out");
  world.connection.cut();
  assert.equal(world.connection.state, "signed-out");
});

test("where a socket cannot even be made it is an attempt without a greeting, and tried again", () => {
  let tries = 0;
  const surroundings = {
    open: () => {
      tries += 1;
      throw new Error("filtered");
    },
    mayConnect: () => true,
  };
  const { connection } = connected({ greeted: false, surroundings });
  assert.deepEqual([connection.state, connection.misses], ["waiting", 1]);
  tick(30_000);
  assert.ok(tries > 1);
  assert.equal(connection.misses, tries);
});
