/** @file What the rooms and lists of an app share: its engine, and the proof of who asks. */

import { Engine } from "../engine.js";
import { upload } from "../files/upload.js";
import { TWINS } from "../http-api.js";
import { Refusal, mintId } from "../protocol.js";
import { Credentials } from "./credentials.js";
import { MemoryStorage } from "./storage.js";
import { AppSurroundings } from "./surroundings.js";
import { uploadByFetch } from "./upload.js";

/**
 * @typedef {import("../engine.js").ClientEvent} ClientEvent
 * @typedef {import("./chat-room.js").FileLike} FileLike
 * @typedef {import("../wire.js").Attachment} Attachment
 */

Object.assign(TWINS, {
  files: ["POST", "files/"],
  open: ["POST", "rooms/"],
  report: ["POST", "rooms/:room/report/"],
  search: ["GET", "search/"],
  stars: ["GET", "stars/"],
});

/** Tells what happens to whoever listens, also before it was started: requests go over HTTP then. */
class AppEngine extends Engine {
  /** @type {Set<(news: ClientEvent) => void>} */
  listening = new Set();

  /** @param {ClientEvent} news */
  emit(news) {
    super.emit(news);
    for (const listener of [...this.listening]) listener(news);
  }
}

/** What rooms and lists need of the client, and an app does not. */
export class Core {
  #users = 0;
  /** @type {(() => void) | null} */
  #leave = null;

  /** @param {import("./index.js").Options} options */
  constructor(options) {
    const { base, storage = new MemoryStorage(), authenticate, openSocket, locks } = options;
    this.base = base.endsWith("/") ? base : `${base}/`;
    const [origin] = /^[a-z]+:\/\/[^/]+/i.exec(this.base) ?? [""];
    if (!origin) throw new TypeError(`base must be a whole address, such as "https://shop.example/chat/", not "${base}".`);
    if (typeof options.user !== "string") throw new TypeError("user must be the key of the person as a text, such as \"17\".");
    this.origin = origin;
    this.api = `${this.base}api/`;
    this.credentials = new Credentials(authenticate);
    const ask = options.fetch ?? ((url, init) => fetch(url, init));
    this.surroundings = new AppSurroundings({
      ...{ api: this.api, credentials: this.credentials, storage, fetch: ask, openSocket },
      ...(locks === undefined ? {} : { locks }),
    });
    const ws = options.socket ?? `${origin.replace(/^http/i, "ws")}/ws/pairchat/`;
    this.engine = new AppEngine({ user: options.user, ws, api: this.api }, this.surroundings);
  }

  /**
   * @param {(news: ClientEvent) => void} listener
   * @returns {() => void} to leave again
   */
  listen(listener) {
    this.engine.listening.add(listener);
    return () => this.engine.listening.delete(listener);
  }

  start() {
    this.#users += 1;
    this.#leave ??= this.engine.subscribe(() => {});
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#users -= 1;
      if (!this.#users) this.end();
    };
  }

  end() {
    this.#leave?.();
    this.#leave = null;
  }

  mintId() {
    // A phone may have no source of randomness; that the text is one of this person's own is all that matters.
    if (globalThis.crypto) return mintId();
    return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => Math.floor(Math.random() * 16).toString(16));
  }

  /** @param {import("../types.js").Draft & {client_id?: string}} text */
  send(text) {
    return this.engine.send({ ...text, client_id: text.client_id ?? this.mintId() }).clientId;
  }

  /**
   * @param {string} room
   * @param {FileLike} file
   * @param {{signal?: AbortSignal, progress?: (share: number) => void, voice?: import("../wire.js").Voice}} how
   * @returns {Promise<{upload: string, attachment: Attachment}>}
   */
  async upload(room, file, { signal = new AbortController().signal, progress = () => {}, voice }) {
    const { api, credentials, engine } = this;
    const bring = typeof XMLHttpRequest === "undefined" ? uploadByFetch(this.surroundings.means.fetch) : upload;
    const what = { api, room, user: engine.user, file: /** @type {any} */ (file), voice, signal, progress };
    const headers = await credentials.get();
    try {
      return /** @type {any} */ (await bring({ ...what, headers }));
    } catch (problem) {
      if (!(problem instanceof Refusal) || problem.code !== "unauthenticated") throw problem;
      return /** @type {any} */ (await bring({ ...what, headers: await credentials.get(headers) }));
    }
  }
}
