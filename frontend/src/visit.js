/** @file One stay of a room on the page: what comes from the client goes to the list, what the person does goes back. */

import { Actions } from "./actions.js";
import { adopted } from "./adopted.js";
import { Announcer } from "./announcer.js";
import { ChatClient } from "./client.js";
import { Composer, composerParts } from "./composer.js";
import { ConnectionLine } from "./connection-line.js";
import { fill, listening, part, show } from "./dom.js";
import { clicked, pressed } from "./gestures.js";
import { fitAboveKeyboard } from "./keyboard.js";
import { isLookedAt } from "./page.js";
import { Place } from "./place.js";
import { Scroller } from "./scroller.js";
import { closeLikeMenus } from "./settings.js";
import { Timeline } from "./timeline.js";
import { Timers } from "./timers.js";
import { Words } from "./words.js";

/**
 * @typedef {import("./client.js").News} News
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Message} Message
 * @typedef {{content: string, replyTo?: number | null, clientId?: string, upload?: string,
 *   attachment?: import("./types.js").Attachment}} Draft
 */

const TYPING_MS = 6_000;
const SCROLL_MS = 100;
const ENDED = ["signed-out", "stopped"];

export class Visit {
  #over = new AbortController();
  /** A text that could not be stored stays in the composer until its answer. @type {string | null} */
  #held = null;
  /** The last message that has been spoken of. */
  #newest;
  timers = new Timers();
  words = new Words();

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} list
   * @param {HTMLElement} view
   */
  constructor(host, list, view) {
    const { room = "", me = "", ws = "", api = "", roomUrl = "" } = host.dataset;
    const { signal } = this.#over;
    this.host = host;
    this.list = list;
    this.room = room;
    this.me = me;
    this.roomUrl = roomUrl;
    this.client = ChatClient.shared({ user: me, ws, api });
    this.scroller = new Scroller(view, list);
    this.timeline = new Timeline(this);
    this.store = adopted(host, this.timeline.adopt());
    this.#newest = this.store.room.head;
    this.announcer = new Announcer({
      polite: (text) => fill(host, "announcer", text),
      assertive: (text) => fill(host, "alert", text),
      words: this.words,
    });
    this.connectionLine = new ConnectionLine(this);
    this.place = new Place(this);
    this.composer = this.#composer(signal);
    this.actions = new Actions(this, signal);
    this.#begin(signal);
  }

  end() {
    this.#over.abort();
    this.timeline.stop();
    this.announcer.stop();
    this.actions.menu?.close();
    this.timers.stop();
  }

  /** @param {Message} message */
  nameOf({ kind, sender }) {
    const { words, host } = this;
    if (kind === "system") return "";
    if (sender === this.me) return host.dataset.meName ?? words.text("me");
    return (sender !== null && this.store.room.peer.name) || words.text("deleted_account");
  }

  /**
   * What the person must know now, seen and heard.
   * @param {string} text
   */
  say(text) {
    if (this.composer && this.store.room.can_send) this.composer.error(text);
    else this.announcer.problem(text);
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} detail
   */
  tell(name, detail) {
    const event = new CustomEvent(name, { bubbles: true, cancelable: name === "pairchat:before-send", detail });
    this.host.dispatchEvent(event);
    return event;
  }

  // Starting

  /** @param {AbortSignal} signal */
  #composer(signal) {
    const parts = composerParts(this.host);
    if (!parts) return null;
    const { client, room } = this;
    const composer = new Composer({
      ...parts,
      words: this.words,
      limit: Number(this.host.dataset.contentLimit ?? 4000),
      signal,
      send: (text) => this.send(text),
      edit: ({ seq }, content) => client.change("edit", { room, seq, content }),
      typing: (on) => client.typing(room, on),
      draft: (text) => client.drafts.set(room, text),
    });
    if (!composer.text) composer.text = client.drafts.get(room);
    return composer;
  }

  /** @param {AbortSignal} signal */
  #begin(signal) {
    const { store, client } = this;
    this.#divide();
    client.settle(store.list());
    this.host.querySelector('[data-pc-form="read"]')?.toggleAttribute("hidden", true);
    this.#listen(signal);
    const leave = client.join((news) => this.#news(news));
    const release = client.hold(store);
    signal.addEventListener("abort", () => {
      release();
      leave();
    });
    this.timeline.render(store, this.#unsent());
    this.place.begin();
    this.#around();
    this.place.settled();
    this.connectionLine.update();
  }

  /** The divider goes before the first message that is new when the person begins to look. */
  #divide() {
    const { store, timeline } = this;
    if (store.unread) timeline.newFrom = Math.max(store.room.me.read, store.room.me.cleared) + 1;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const { host, list, scroller, timers } = this;
    const on = listening(signal);
    const settle = () => timers.set("settle", SCROLL_MS, () => this.place.settled());
    on(scroller.view, "scroll", settle);
    on(document, "visibilitychange", () => this.#looked());
    on(window, "focus", () => this.#looked());
    on(window.visualViewport ?? window, "resize", () => (fitAboveKeyboard(host), settle()));
    on(host, "click", (event) => clicked(this, event) && event.preventDefault());
    on(list, "keydown", (event) => pressed(this, event) && event.preventDefault());
    const menu = part(host, "settings");
    if (menu) closeLikeMenus(menu, on);
    on(list, "focusin", (event) => {
      const li = event.target.closest("[data-client-id]");
      if (li) this.timeline.activate(li);
    });
  }

  // What comes from the client

  /** @param {News} news */
  #news(news) {
    if (news.room !== undefined && news.room !== this.room) return;
    const { kind, frame } = news;
    const fromPeer = frame !== undefined && frame.user !== this.me;
    if (kind === "messages") this.#came(news.messages ?? []);
    else if (kind === "outbox") this.#outbox();
    else if (kind === "refused" || kind === "delayed") this.#trouble(news);
    else if (kind === "room" || kind === "paged") this.render();
    else if (kind === "typing" && fromPeer) this.#typing(Boolean(frame.on));
    else if (kind === "presence" && fromPeer) this.#presence(frame);
    else if (kind === "draft" && news.event) this.#draft(news.event);
    else if (kind === "state") this.connectionLine.update();
    else if (kind === "gone") this.#gone();
  }

  /** @param {Message[]} messages */
  #came(messages) {
    const news = messages.filter((message) => this.store.get(message.seq) === message || message.seq > this.#newest);
    const fresh = news.filter(({ seq }) => seq > this.#newest);
    this.#newest = Math.max(this.#newest, this.store.room.head);
    const theirs = fresh.filter(({ sender }) => sender !== this.me);
    if (theirs.length) this.#typing(false);
    this.render();
    for (const message of theirs) this.announcer.came(this.nameOf(message));
    for (const message of news) this.tell("pairchat:message", { room: this.room, message });
  }

  #outbox() {
    if (this.#held && !this.client.outbox.get(this.#held)) {
      this.#held = null;
      this.composer?.clear();
    }
    this.render();
  }

  /** @param {News} news a text that was refused, or that has to wait */
  #trouble({ item, seconds }) {
    if (seconds !== undefined) {
      this.say(this.words.text("rate_limited", { seconds: String(Math.ceil(seconds)) }));
      return;
    }
    if (item && item.client_id === this.#held) {
      // Its text is still in the composer, to be changed.
      this.#held = null;
      this.composer?.release();
      this.client.discard(item.client_id);
    }
    this.render();
    this.say(this.words.refusal({ code: item?.code, message: item?.error }, "send_failed"));
  }

  /** @param {boolean} on */
  #typing(on) {
    if (!on && part(this.host, "typing")?.hidden) return;
    this.scroller.keep(() => show(this.host, "typing", on));
    if (on) this.timers.set("typing", TYPING_MS, () => this.#typing(false));
    else this.timers.clear("typing");
  }

  /** @param {Frame} frame */
  #presence({ online, last_active }) {
    const { words } = this;
    const last = last_active ? words.text("last_active", { time: words.dates.brief(last_active) }) : "";
    fill(this.host, "presence", online ? words.text("online") : last);
  }

  /**
   * Another tab wrote in this room's composer. Whoever writes something else here keeps it.
   * @param {StorageEvent} event
   */
  #draft({ oldValue, newValue }) {
    const { composer } = this;
    if (composer && !composer.editing && composer.text === (oldValue ?? "")) composer.text = newValue ?? "";
  }

  #gone() {
    show(this.host, "composer", false);
    this.connectionLine.say(this.words.refusal({ code: "not_found" }));
  }

  // What goes to the page

  render() {
    const stick = this.scroller.nearEnd && !this.store.hasAfter;
    if (stick) this.store.trim("after");
    this.scroller.keep(() => {
      this.timeline.render(this.store, this.#unsent());
      this.#around();
    }, stick);
    this.place.settled();
  }

  #around() {
    const { host, store } = this;
    const { room } = store;
    const ended = ENDED.includes(this.client.state);
    show(host, "older", store.hasBefore);
    show(host, "newer", store.hasAfter);
    host.toggleAttribute("data-has-before", store.hasBefore);
    host.toggleAttribute("data-has-after", store.hasAfter);
    host.toggleAttribute("data-can-send", room.can_send);
    show(host, "nothing", !this.list.firstElementChild && !store.hasBefore);
    show(host, "composer", room.can_send);
    show(host, "closed", !room.can_send && !ended);
    if (room.peer.name) fill(host, "peer", room.peer.name);
  }

  #unsent() {
    return this.client.outbox.items(this.room);
  }

  #looked() {
    if (!isLookedAt()) return;
    this.#divide();
    this.render();
  }

  /**
   * @param {Draft} draft
   * @returns {boolean} whether its text need not be kept elsewhere
   */
  send({ content, replyTo = null, clientId, upload, attachment }) {
    const { client, room, words } = this;
    if (ENDED.includes(client.state)) {
      this.say(words.text(client.state === "stopped" ? "ended" : "signed_out"));
      return false;
    }
    const before = this.tell("pairchat:before-send", { room, content, replyTo, attachment });
    if (before.defaultPrevented) return false;
    const text = { room, content: before.detail.content, reply_to: replyTo };
    const sent = client.send({ ...text, upload, attachment, client_id: clientId });
    const safe = sent.safe || Boolean(upload);
    if (!safe && client.outbox.get(sent.clientId)) {
      this.#held = sent.clientId;
      this.composer?.hold();
    }
    this.place.latest();
    return safe;
  }
}
