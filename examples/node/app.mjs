// As an app on a phone uses the client: no page, headers on the socket, a storage whose answers come later.
// `node app.mjs SITE NAME PASSWORD FOLDER` prints a line of JSON for whatever changes, and reads commands from its input.
// It needs Node 22, the first one with a WebSocket of its own.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

if (!globalThis.WebSocket) throw new Error("This Node has no WebSocket of its own: use Node 22 or later.");
const { PairchatClient, asyncStorage } = await import(process.env.PAIRCHAT_CLIENT ?? "django-pairchat");
const [site, username, password, folder] = process.argv.slice(2);

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(site + path, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.ok ? answer.json() : null;
}

let tokens = await post("/api/token/", { username, password });
const { user_id: user } = JSON.parse(Buffer.from(tokens.access.split(".")[1], "base64url"));

// As React Native's AsyncStorage, in a folder.
await mkdir(folder, { recursive: true });
const place = (key) => join(folder, encodeURIComponent(key));
const storage = asyncStorage({
  getItem: (key) => readFile(place(key), "utf8").catch(() => null),
  setItem: (key, value) => writeFile(place(key), value),
  removeItem: (key) => rm(place(key), { force: true }),
  getAllKeys: async () => (await readdir(folder)).map(decodeURIComponent),
});

const client = new PairchatClient({
  base: `${site}/chat/`,
  user: String(user),
  authenticate: async ({ refused }) => {
    if (refused) tokens = await post("/api/token/refresh/", { refresh: tokens.refresh }).then((given) => given && { ...tokens, ...given });
    if (refused) say({ renewed: Boolean(tokens) });
    return tokens && { Authorization: `Bearer ${tokens.access}` };
  },
  storage,
  // On a phone: new WebSocket(url, protocols, { headers }).
  openSocket: (url, protocols, headers) => new WebSocket(url, { protocols, headers }),
});

function say(news) {
  console.log(JSON.stringify(news));
}

let room = null;
const acts = {
  start: () => client.start(),
  stop: () => client.stop(),
  active: (on) => client.setActive(on),
  open: async (about) => show(await client.open(about)),
  room: (key) => show(client.room(key)),
  send: (content) => room.send(content),
  token: (access) => (tokens = { ...tokens, access }),
  photo: async (path) => room.sendFile(new File([await readFile(path)], "photo.jpg", { type: "image/jpeg" })),
  file: async (seq) => {
    const { attachment } = room.getSnapshot().messages.find((message) => message.seq === seq);
    const answer = await client.fetchFile(attachment.url);
    say({ file: answer.status, type: answer.headers.get("Content-Type"), bytes: (await answer.blob()).size });
  },
  saved: async () => (await client.saved(), say({ saved: true })),
};

function show(shown) {
  room = shown;
  const tell = () => {
    const { status, messages, pending, typing } = room.getSnapshot();
    say({ room: room.key, status, messages: messages.map(({ content }) => content), pending: pending.length, typing });
  };
  room.subscribe(tell);
  tell();
}

client.listen(({ kind }) => kind === "state" && say({ state: client.state }));
say({ user: client.user });
for await (const line of createInterface(process.stdin)) {
  const [act, value] = JSON.parse(line);
  await Promise.resolve(acts[act](value)).catch((problem) => say({ problem: problem.code ?? String(problem) }));
}
client.stop();
