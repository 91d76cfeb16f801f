/** @file As much of a server as the client without a page needs: one room, tokens that expire, a network that fails. */

import { message, room } from "./make.js";

/** Lets every promise that can go on go on, those of streams too. */
export async function turns() {
  for (let turn = 0; turn < 60; turn += 1) await null;
}

class Socket {
  closed = null;

  constructor(server, headers) {
    this.server = server;
    this.headers = headers;
    this.#greet();
  }

  async #greet() {
    // A network answers when all that can go on has gone on.
    for (let turn = 0; turn < 10; turn += 1) await null;
    const { server, headers } = this;
    const hello = { type: "hello", protocol: 1, user: "17", heartbeat: 25, server_time: server.time };
    if (server.silent) return;
    if (server.accepts(headers)) this.receive(hello);
    else this.end(4401);
  }

  async send(text) {
    await null;
    if (this.closed || this.server.silent) return;
    const { type, id, ...fields } = JSON.parse(text);
    this.server.asked.push({ type, ...fields });
    if (type === "ping") return this.receive({ type: "pong", id, rooms: [], inbox: false });
    const answer = this.server.answer(type, fields);
    this.receive({ type: answer.code ? "error" : "ok", id, ...answer });
    if (type === "send" && !answer.code) this.server.tell({ kind: "message", room: "5", epoch: "e1", message: answer.message });
  }

  close(code) {
    this.closed ??= code ?? 1000;
  }

  receive(frame) {
    if (!this.closed) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code) {
    this.receive({ type: "bye", code, reason: "", reconnect: false });
    this.closed = code;
    this.onclose?.({ code });
  }
}

export class SmallServer {
  /** The tokens that are valid now. */
  valid = new Set(["one"]);
  sockets = [];
  asked = [];
  requests = [];
  messages = [message(1)];
  silent = false;
  down = false;
  time = new Date(0).toISOString();

  accepts = ({ Authorization = "" }) => this.valid.has(Authorization.replace("Bearer ", ""));

  openSocket = (url, protocols, headers) => {
    if (this.down) throw new TypeError("no network");
    const socket = new Socket(this, headers);
    this.sockets.push(socket);
    return socket;
  };

  get open() {
    return this.sockets.filter(({ closed }) => closed === null);
  }

  fetch = async (url, { method = "GET", headers = {}, body } = {}) => {
    await null;
    if (this.down) throw new TypeError("no network");
    const path = url.replace(/.*\/api\//, "").replace(/\?.*/, "");
    this.requests.push(`${method} ${path}`);
    if (!this.accepts(headers)) return reply({ code: "unauthenticated", message: "Sign in." }, 401);
    const types = { "GET inbox/": "inbox", "POST sync/": "sync", "POST rooms/5/messages/": "send", "POST files/": "files" };
    return reply(this.answer(types[`${method} ${path}`], typeof body === "string" ? JSON.parse(body) : {}));
  };

  tell(event) {
    for (const socket of this.open) socket.receive({ type: "event", ...event });
  }

  /** What the other one writes. */
  say(content, more = {}, told = true) {
    const seq = this.messages.length + 1;
    const said = message(seq, seq, { content, ...more });
    this.messages.push(said);
    if (told) this.tell({ kind: "message", room: "5", epoch: "e1", message: said });
  }

  answer(type, fields) {
    const head = this.messages.length;
    const now = room({ head, rev: head, last_message: this.messages.at(-1) });
    if (type === "sync") {
      const { epoch, rev } = fields.rooms["5"] ?? {};
      if (rev === undefined) return { rooms: [] };
      const reset = epoch !== "e1";
      const changes = this.messages.filter((each) => reset || each.rev > rev);
      return { rooms: [{ ...now, changes, limited: false, reset }] };
    }
    if (type === "send") {
      const stored = this.messages.find(({ client_id }) => client_id === fields.client_id);
      if (stored) return { message: stored, duplicate: true };
      const sent = message(head + 1, head + 1, { content: fields.content, client_id: fields.client_id, sender: "17" });
      this.messages.push(sent);
      return { message: sent, duplicate: false };
    }
    if (type === "files") {
      const at = ({ room, seq }) => `/chat/rooms/${room}/files/${seq}/`;
      return { files: fields.files.map((place) => ({ ...place, url: `${at(place)}?proof=x`, thumbnail: `${at(place)}thumbnail/?proof=x` })), expires_in: 300 };
    }
    if (type === "inbox") return { rooms: [now], next: null, unread_rooms: 0, state: "i1" };
    return { room: now };
  }
}

function reply(body, status = 200) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}
