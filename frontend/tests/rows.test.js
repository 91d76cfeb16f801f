import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Engine } from "../src/engine.js";
import { InboxStore } from "../src/inbox-store.js";
import { RoomStore } from "../src/room-store.js";
import { message, messages, page, room } from "./make.js";
import { SmallServer, turns } from "./small-server.js";

let server, engine, hidden;

beforeEach(async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  server = new SmallServer();
  hidden = false;
  const surroundings = {
    storage: null,
    alone: () => (work) => work(),
    open: (url) => server.openSocket(url, [], { Authorization: "Bearer one" }),
    fetch: server.fetch,
    mayConnect: () => true,
    isHidden: () => hidden,
    isLookedAt: () => !hidden,
    begin: ({ line }) => line.start(),
  };
  engine = new Engine({ user: "17", ws: "wss://shop.example/ws/", api: "https://shop.example/chat/api/" }, surroundings);
  engine.subscribe(() => {});
  await turns();
});

async function focused() {
  engine.focus();
  await turns();
  return server.asked.filter(({ type }) => type === "focus");
}

test("the rows of all lists on the screen are told, each once, and no more than the server takes", async () => {
  const many = Array.from({ length: 40 }, (_, index) => String(index));
  engine.rows.set("page", ["5", "6"]).set("dock", ["6", ...many]);
  const [asked] = await focused();
  assert.deepEqual([asked.room, asked.active, asked.rooms.length], [null, false, 30]);
  assert.deepEqual(asked.rooms.slice(0, 4), ["5", "6", "0", "1"]);
});

test("nothing is told again that the server knows, and nothing while nothing is on the screen", async () => {
  assert.equal((await focused()).length, 0);
  engine.rows.set("page", ["5"]);
  assert.equal((await focused()).length, 1);
  assert.equal((await focused()).length, 1);
  hidden = true;
  assert.deepEqual((await focused()).at(-1).rooms, []);
  engine.rows.delete("page");
  assert.equal((await focused()).length, 2);
});

test("an open room is told with the rows beside it, and a new connection is told anew", async (t) => {
  engine.rows.set("page", ["6"]);
  const store = new RoomStore(room({ head: 1, rev: 1 }), page(messages(1, 1)));
  store.onScreen = true;
  engine.showRoom(store);
  await turns();
  const [asked] = server.asked.filter(({ type }) => type === "focus");
  assert.deepEqual([asked.room, asked.active, asked.rooms], ["5", true, ["6"]]);
  const before = (await focused()).length;
  server.sockets[0].onclose({ code: 1006 });
  t.mock.timers.tick(1_000);
  await turns();
  assert.equal(server.asked.filter(({ type }) => type === "focus").length, before + 1);
  engine.stop();
});

test("a setting can be changed without a socket", async () => {
  engine.stop();
  const paths = [];
  engine.http.fetch = async (url, { method, body }) => (paths.push(`${method} ${new URL(url).pathname} ${body}`), Response.json({ room: room() }));
  await engine.http.request("settings", { room: "5", archived: true });
  assert.deepEqual(paths, ['PATCH /chat/api/rooms/5/ {"archived":true}']);
});

test("a room that changes in a list that the server has rendered is for the server, wherever it is now", () => {
  const list = new InboxStore({ user: "17" });
  assert.equal(list.room(room({ me: { archived: true }, last_message: message(1) })), true);
});
