/** @file One stay of a room on the page: what comes from the client goes to the list, what the person does goes back. */

import { hydrate } from "./hydrate.js";
import { Announcer } from "./announcer.js";
import { summary } from "./bubble.js";
import { Composer, composerParts } from "./composer.js";
import { ConnectionStatus, ENDED } from "./connection-status.js";
import { ChatClient, Words, measureTop } from "./core.js";
import { fill, listening, observe, part, show } from "./dom.js";
import { clicked } from "./interactions.js";
import { fitAboveKeyboard } from "./keyboard.js";
import { isLookedAt } from "./browser.js";
import { popups, withPopups } from "./parts.js";
import { Viewport } from "./viewport.js";
import { Scroller } from "./scroller.js";
import { Timeline } from "./timeline.js";
import { Timers } from "./timers.js";

/**
 * @typedef {import("./client.js").ClientEvent} ClientEvent
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Message} Message
 * @typedef {{content: string, replyTo?: number | null, clientId?: string, upload?: string,
 *   attachment?: import("./types.js").Attachment, album?: string}} Draft
 */

const TYPING_MS = 6_000;
const SCROLL_MS = 100;
/** Parts of the list that are noticed when they come to the screen. */
const STEPS = [0, 0.2, 0.4, 0.6, 0.8, 1];

export class RoomController {
  #over = new AbortController();
  /** A text that could not be stored stays in the composer until its answer. @type {string | null} */
  #held = null;
  /** The last message that has been spoken of. */
  #newest;
  /** @type {import("./popups/actions.js").Actions | undefined} */
  #actions;
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
    this.address = roomUrl;
    this.client = ChatClient.shared({ user: me, ws, api });
    this.scroller = new Scroller(view, list);
    this.timeline = new Timeline(this);
    this.store = hydrate(host, this.timeline.hydrate());
    this.#newest = this.store.room.head;
    this.speaker = new Announcer({
      polite: (text) => fill(host, "announcer", text),
      assertive: (text) => fill(host, "alert", text),
      words: this.words,
    });
    this.connectionLine = new ConnectionStatus(this);
    this.viewport = new Viewport(this);
    this.editor = this.#composer(signal);
    this.#begin(signal);
  }

  end() {
    this.#over.abort();
    this.timeline.stop();
    this.speaker.stop();
    this.#actions?.popup?.close();
    this.timers.stop();
  }

  /** What is done with messages, once its module is there. */
  get actions() {
    if (popups.Actions) this.#actions ??= new popups.Actions(this, this.#over.signal);
    return this.#actions;
  }

  /** @param {Message} message */
  nameOf({ kind, sender }) {
    const { words, host } = this;
    if (kind === "system") return "";
    if (sender === this.me) return host.dataset.meName ?? words.text("me");
    return (sender !== null && this.store.room.peer.name) || words.text("deleted_account");
  }

  /**
   * What a message says that is shown somewhere else, as far as it is known.
   * @param {number} seq
   */
  quotation(seq) {
    const { store, words } = this;
    const original = store.original(seq);
    if (!original) return { sender: "", content: words.text("earlier_message"), deleted: false };
    return { sender: this.nameOf(original), content: summary(original, words), deleted: Boolean(original.deleted_at) };
  }

  /** What speaks of a message outside the list keeps to what it says now. */
  follow() {
    const { store, editor, actions } = this;
    if (editor?.about) {
      store.quote(editor.about);
      editor.follow(this.quotation(editor.about));
    }
    actions?.popup?.follow((seq) => store.get(seq));
  }

  /**
   * What the person must know now, seen and heard.
   * @param {string} text
   */
  announce(text) {
    if (this.editor && this.store.room.can_send) this.editor.error(text);
    else this.speaker.problem(text);
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} detail
   */
  emit(name, detail) {
    const event = new CustomEvent(name, { bubbles: true, cancelable: name === "pairchat:before-send", detail });
    this.host.dispatchEvent(event);
    return event;
  }

  // Starting

  /** @param {AbortSignal} signal */
  #composer(signal) {
    const parts = composerParts(this.host);
    if (!parts) return null;
    const { client, room, host } = this;
    // A page that comes back from a cache of the host's is as it was left: what was under way then is over.
    const cached = "connection" in host.dataset;
    if (cached) for (const name of ["replying", "editing", "error", "typing", "menu"]) show(host, name, false);
    const editor = new Composer({
      ...parts,
      words: this.words,
      limit: Number(host.dataset.contentLimit ?? 4000),
      signal,
      send: (text) => this.send(text),
      edit: ({ seq }, content) => client.change("edit", { room, seq, content }),
      tellTyping: (on) => client.tellTyping(room, on),
      draft: (text) => client.drafts.set(room, text),
      aim: (seq) => client.drafts.set(`${room}:to`, seq ? String(seq) : ""),
      keep: (edit) => client.drafts.set(`${room}:edit`, edit ? JSON.stringify(edit) : ""),
    });
    if (!editor.text || (cached && client.drafts.storage)) editor.text = client.drafts.get(room);
    // It was typed before this script was there.
    else if (editor.text !== editor.input.defaultValue) client.drafts.set(room, editor.text);
    const aim = Number(client.drafts.get(`${room}:to`));
    if (aim && !editor.about) editor.startReplying(aim, false);
    const { message, text } = JSON.parse(client.drafts.get(`${room}:edit`) || "{}");
    if (message) editor.startEditing(message, text);
    return editor;
  }

  /** @param {AbortSignal} signal */
  #begin(signal) {
    const { store, client } = this;
    withPopups(() => this.actions);
    this.#divide();
    client.removeAcknowledged(store.list());
    this.host.querySelector('[data-pc-form="read"]')?.toggleAttribute("hidden", true);
    this.#listen(signal);
    const leave = client.subscribe((news) => this.#clientEvent(news));
    const release = client.showRoom(store);
    signal.addEventListener("abort", () => {
      release();
      leave();
    });
    this.timeline.render(store, this.#unsent());
    this.viewport.begin();
    this.#around();
    this.viewport.settled();
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
    measureTop(host, signal);
    const settle = () => timers.set("settle", SCROLL_MS, () => this.viewport.settled());
    const seen = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      scroller.onScreen = entries[entries.length - 1].isIntersecting;
      settle();
    };
    observe(new IntersectionObserver(seen, { threshold: STEPS }), [scroller.view], signal);
    // The view itself, the window, and any box of the host's that holds the chat.
    document.addEventListener("scroll", settle, { capture: true, passive: true, signal });
    // It may have opened what holds the chat, and not every way to hide a thing can be observed.
    on(document, "click", settle);
    on(document, "visibilitychange", () => this.#looked());
    on(window, "focus", () => this.#looked());
    on(window.visualViewport ?? window, "resize", () => (fitAboveKeyboard(host), settle()));
    on(host, "click", (event) => clicked(this, event) && event.preventDefault());
    on(list, "keydown", (event) => this.actions?.pressed(event) && event.preventDefault());
    on(list, "pointerdown", (event) => this.actions?.touched(event));
    on(list, "focusin", (event) => {
      const li = event.target.closest("[data-client-id]");
      if (li) this.timeline.activate(li);
    });
  }

  // What comes from the client

  /** @param {ClientEvent} news */
  #clientEvent(news) {
    if (news.room !== undefined && news.room !== this.room) return;
    const { kind, frame } = news;
    const fromPeer = frame !== undefined && frame.user !== this.me;
    if (kind === "messages") this.#came(news.messages ?? []);
    else if (kind === "outbox") this.#outbox();
    else if (kind === "refused" || kind === "delayed") this.#trouble(news);
    else if (kind === "room" || kind === "paged" || kind === "held") this.render();
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
    for (const message of theirs) this.speaker.came(this.nameOf(message));
    for (const message of news) this.emit("pairchat:message", { room: this.room, message });
  }

  #outbox() {
    if (this.#held && !this.client.outbox.get(this.#held)) {
      this.#held = null;
      this.editor?.clear();
    }
    this.render();
  }

  /** @param {ClientEvent} news a text that was refused, or that has to wait */
  #trouble({ item, seconds }) {
    if (seconds !== undefined) {
      this.announce(this.words.text("rate_limited", { seconds: String(Math.ceil(seconds)) }));
      return;
    }
    if (item && item.client_id === this.#held) {
      // Its text is still in the composer, to be changed.
      this.#held = null;
      this.editor?.release();
      this.client.giveUp(item.client_id);
    }
    this.render();
    this.announce(this.words.refusal({ code: item?.code, message: item?.error }, "send_failed"));
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
    const { editor } = this;
    if (editor && !editor.editing && editor.text === (oldValue ?? "")) editor.text = newValue ?? "";
  }

  #gone() {
    show(this.host, "composer", false);
    this.connectionLine.say(this.words.refusal({ code: "not_found" }));
  }

  // What goes to the page

  render() {
    // Where messages are loaded below the last one the view stays: nobody has come to the new end yet.
    const stick = this.scroller.nearEnd && !this.store.moreAfter && !this.host.hasAttribute("data-has-after");
    if (stick) this.store.trim("after");
    this.scroller.keep(() => {
      this.timeline.render(this.store, this.#unsent());
      this.#around();
    }, stick);
    this.viewport.settled();
  }

  #around() {
    const { host, store } = this;
    const { room } = store;
    const ended = ENDED.includes(this.client.state);
    show(host, "older", store.moreBefore);
    show(host, "newer", store.moreAfter);
    host.toggleAttribute("data-has-before", store.moreBefore);
    host.toggleAttribute("data-has-after", store.moreAfter);
    host.toggleAttribute("data-can-send", room.can_send);
    show(host, "nothing", !this.list.firstElementChild && !store.moreBefore);
    show(host, "composer", room.can_send);
    show(host, "closed", !room.can_send && !ended);
    withPopups(({ showPeer }) => showPeer(host, room, this.words));
    this.follow();
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
  send({ content, replyTo = null, clientId, upload, attachment, album }) {
    const { client, room, words } = this;
    if (ENDED.includes(client.state)) {
      this.announce(words.text(client.state));
      return false;
    }
    const before = this.emit("pairchat:before-send", { room, content, replyTo, attachment });
    if (before.defaultPrevented) return false;
    const text = { room, content: before.detail.content, reply_to: replyTo };
    const sent = client.send({ ...text, upload, attachment, album, client_id: clientId });
    const safe = sent.safe || Boolean(upload);
    if (!safe && client.outbox.get(sent.clientId)) {
      this.#held = sent.clientId;
      this.editor?.hold();
    }
    this.viewport.toLatest();
    return safe;
  }
}
