// A program with the client for JavaScript: `node program.mjs SITE USER ROOM`, with the headers that prove it in HEADERS.
// Prints what its view of the room holds whenever that changes, and sends what it reads.

import { createInterface } from "node:readline";

const { PairchatClient } = await import(process.env.PAIRCHAT_CLIENT);
const [site, user, key] = process.argv.slice(2);
const headers = JSON.parse(process.env.HEADERS);

const client = new PairchatClient({
  base: `${site}/chat/`,
  user,
  authenticate: async ({ refused }) => (refused ? null : headers),
  openSocket: (url, protocols, given) => new WebSocket(url, { protocols, headers: given }),
});
const room = client.room(key);

function tell() {
  const { status, messages, pending } = room.getSnapshot();
  console.log(JSON.stringify({ status, messages: messages.map(({ content }) => content), pending: pending.length }));
}

room.subscribe(tell);
client.listen(({ kind }) => kind === "state" && console.log(JSON.stringify({ state: client.state })));
client.start();
for await (const line of createInterface(process.stdin)) {
  const [, text] = JSON.parse(line);
  room.send(text);
}
