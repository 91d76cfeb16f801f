/** @file One stay of a room on the page: what comes from the client goes to the list, what the person does goes back. */

import { Announcer } from "./announcer.js";
import { banner } from "./banner.js";
import { Bubbles, summary } from "./bubble.js";
import { ChatClient } from "./client.js";
import { Composer, composerParts } from "./composer.js";
import { actionOf, fill, part, show, slot } from "./dom.js";
import { Menu } from "./menu.js";
import { Scroller } from "./scroller.js";
import { RoomStore } from "./store.js";
import { Timeline } from "./timeline.js";
import { Words } from "./words.js";

/**
 * @typedef {import("./client.js").News} News
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Room} Room
 * @typedef {{content: string, replyTo?: number | null, clientId?: string, upload?: string,
 *   attachment?: import("./types.js").Attachment}} Draft
 */

const HIGHLIGHT_MS = 2_400;
const TYPING_MS = 6_000;
const SCROLL_MS = 100;
/** Pixels that no bar of a browser covers. */
const KEYBOARD = 100;
const ENDED = ["signed-out", "stopped"];

export class Visit {
  #over = new AbortController();
  /** A text that could not be stored stays in the composer until its answer. @type {string | null} */
  #held = null;
  /** @type {Promise<boolean> | null} */
  #loading = null;
  /** @type {number | null} */
  #brokenSince = null;
  #state = "";
  /** The last message that has been spoken of. */
  #newest = 0;
  /** What had come when the person last was at the end. */
  #seenHead = 0;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  #timers = {};

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} list
   * @param {HTMLElement} view
   */
  constructor(host, list, view) {
    const { room = "", me = "", ws = "", api = "", roomUrl = "" } = host.dataset;
    this.host = host;
    this.list = list;
    this.room = room;
    this.me = me;
    this.roomUrl = roomUrl;
    this.words = new Words();
    this.client = ChatClient.shared({ user: me, ws, api });
    this.scroller = new Scroller(view, list);
    const bubbles = new Bubbles({
      me,
      roomUrl,
      words: this.words,
      nameOf: (message) => this.#nameOf(message),
      find: (seq) => this.store.get(seq),
    });
    const again = () => this.#render();
    this.timeline = new Timeline({ host, list, me, room, words: this.words, bubbles, again });
    this.store = this.#adopt();
    this.announcer = new Announcer({
      polite: (text) => fill(host, "announcer", text),
      assertive: (text) => fill(host, "alert", text),
      words: this.words,
    });
    this.composer = this.#composer();
    this.menu = this.#menu();
    this.#begin();
  }

  end() {
    this.#over.abort();
    this.timeline.stop();
    this.announcer.stop();
    this.menu?.close();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  /** @param {number} seq */
  async jump(seq) {
    if (!this.store.get(seq) && !(await this.#load({ around: seq }, "instead"))) return;
    const li = this.timeline.element(seq);
    if (!li) {
      this.#say(this.words.text("not_found_message"));
      return;
    }
    this.scroller.to(li, "middle");
    this.timeline.activate(li);
    li.focus({ preventScroll: true });
    this.#highlight(li);
    this.#settled();
  }

  // Starting

  #adopt() {
    const { epoch = "", state = "", head, rev, read, cleared, peer, peerName = "", peerRead } = this.host.dataset;
    const flags = this.host.dataset;
    /** @type {Room} */
    const room = {
      room: this.room,
      epoch,
      state,
      head: Number(head ?? 0),
      rev: Number(rev ?? 0),
      unread: 0,
      me: {
        read: Number(read ?? 0),
        cleared: Number(cleared ?? 0),
        muted_until: null,
        archived: false,
        marked_unread: false,
        blocked: "blocked" in flags,
      },
      peer: { user: peer || null, name: peerName, avatar: null, url: null, read: peerRead ? Number(peerRead) : null },
      topic: null,
      can_send: "canSend" in flags,
      last_message: null,
      last_message_at: "",
    };
    return new RoomStore(room, {
      epoch,
      rev: room.rev,
      messages: this.timeline.adopt(),
      has_before: "hasBefore" in flags,
      has_after: "hasAfter" in flags,
    });
  }

  #composer() {
    const parts = composerParts(this.host);
    if (!parts) return null;
    const { client, room } = this;
    const composer = new Composer({
      ...parts,
      words: this.words,
      limit: Number(this.host.dataset.contentLimit ?? 4000),
      signal: this.#over.signal,
      send: (text) => this.send(text),
      edit: ({ seq }, content) => client.change("edit", { room, seq, content }),
      typing: (on) => client.typing(room, on),
      draft: (text) => client.drafts.set(room, text),
    });
    if (!composer.text) composer.text = client.drafts.get(room);
    return composer;
  }

  #menu() {
    const menu = part(this.host, "menu");
    if (!menu) return null;
    return new Menu({
      host: this.host,
      menu,
      signal: this.#over.signal,
      me: this.me,
      allowed: (message) => this.#allowed(message),
      act: (action, message, emoji) => this.#act(action, message, emoji),
      reportUrl: (seq) => `${this.roomUrl}report/?seq=${seq}`,
    });
  }

  #begin() {
    const { store, client } = this;
    const { signal } = this.#over;
    this.#newest = this.#seenHead = store.room.head;
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
    this.#place();
    this.#around();
    this.#settled();
    this.#connection();
  }

  /** The divider goes before the first message that is new when the person begins to look. */
  #divide() {
    const { store, timeline } = this;
    if (store.unread) timeline.newFrom = Math.max(store.room.me.read, store.room.me.cleared) + 1;
  }

  /** Where the visit begins: at the message of the address, at the first new one if it is out of view, or at the end. */
  #place() {
    const target = location.hash.startsWith("#m-") && document.getElementById(location.hash.slice(1));
    if (target && this.list.contains(target)) {
      this.scroller.to(target, "middle");
      return;
    }
    if (this.store.hasAfter) return;
    this.scroller.toEnd();
    const divider = this.list.querySelector("[data-pc-divider]");
    if (divider && divider.getBoundingClientRect().top < this.scroller.box.top) this.scroller.to(divider, "top");
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const { host, list, scroller } = this;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
      target.addEventListener(name, act, { signal });
    on(scroller.view, "scroll", () => this.#soon("scroll", SCROLL_MS, () => this.#settled()));
    on(document, "visibilitychange", () => this.#looked());
    on(window, "focus", () => this.#looked());
    on(window.visualViewport ?? window, "resize", () => this.#resized());
    on(host, "click", (event) => this.#click(event));
    on(list, "keydown", (event) => this.#keyDown(event));
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
    else if (kind === "room" || kind === "paged") this.#render();
    else if (kind === "typing" && fromPeer) this.#typing(Boolean(frame.on));
    else if (kind === "presence" && fromPeer) this.#presence(frame);
    else if (kind === "draft" && news.event) this.#draft(news.event);
    else if (kind === "state") this.#connection();
    else if (kind === "gone") this.#gone();
  }

  /** @param {Message[]} messages */
  #came(messages) {
    const news = messages.filter((message) => this.store.get(message.seq) === message || message.seq > this.#newest);
    const fresh = news.filter(({ seq }) => seq > this.#newest);
    this.#newest = Math.max(this.#newest, this.store.room.head);
    const theirs = fresh.filter(({ sender }) => sender !== this.me);
    if (theirs.length) this.#typing(false);
    this.#render();
    for (const message of theirs) this.announcer.came(this.#nameOf(message));
    for (const message of news) this.#tell("pairchat:message", { room: this.room, message });
  }

  #outbox() {
    if (this.#held && !this.client.outbox.get(this.#held)) {
      this.#held = null;
      this.composer?.clear();
    }
    this.#render();
  }

  /** @param {News} news a text that was refused, or that has to wait */
  #trouble({ item, seconds }) {
    if (seconds !== undefined) {
      this.#say(this.words.text("rate_limited", { seconds: String(Math.ceil(seconds)) }));
      return;
    }
    if (item && item.client_id === this.#held) {
      // Its text is still in the composer, to be changed.
      this.#held = null;
      this.composer?.release();
      this.client.discard(item.client_id);
    }
    this.#render();
    this.#say(this.words.refusal({ code: item?.code, message: item?.error }));
  }

  /** @param {boolean} on */
  #typing(on) {
    if (!on && part(this.host, "typing")?.hidden) return;
    this.scroller.keep(() => show(this.host, "typing", on));
    clearTimeout(this.#timers.typing);
    if (on) this.#timers.typing = setTimeout(() => this.#typing(false), TYPING_MS);
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
    this.#connectionWords(this.words.refusal({ code: "not_found" }));
  }

  #connection() {
    const { state } = this.client;
    if (state === "connecting" || state === "waiting") this.#brokenSince ??= Date.now();
    else this.#brokenSince = null;
    const broken = this.#brokenSince === null ? 0 : Date.now() - this.#brokenSince;
    const { key, wait } = banner(state, broken, navigator.onLine);
    this.#connectionWords(key && this.words.text(key), key === "signed_out" ? this.host.dataset.loginUrl : "");
    clearTimeout(this.#timers.connection);
    if (wait !== null) this.#timers.connection = setTimeout(() => this.#connection(), wait);
    if (state === this.#state) return;
    this.#state = state;
    this.host.dataset.connection = state;
    this.#tell("pairchat:state", { room: this.room, state });
  }

  /**
   * @param {string} text
   * @param {string} [href]
   */
  #connectionWords(text, href) {
    fill(this.host, "connection", text);
    show(this.host, "connection", text !== "");
    if (!href) return;
    const link = document.createElement("a");
    link.href = href;
    link.className = "pc-link";
    link.textContent = text;
    slot(this.host, "connection")?.replaceChildren(link);
  }

  // What goes to the page

  #render() {
    const stick = this.scroller.nearEnd && !this.store.hasAfter;
    this.scroller.keep(() => {
      this.timeline.render(this.store, this.#unsent());
      this.#around();
    }, stick);
    this.#settled();
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

  /** The view has come to rest: what is seen is read, what is near is loaded. */
  #settled() {
    const { scroller, store } = this;
    if (scroller.nearEnd && !store.hasAfter) this.#seenHead = store.room.head;
    this.#pill();
    this.#read();
    const { height } = scroller.box;
    if (store.hasBefore && scroller.distanceToStart < height) this.#load({ before: store.first }, "before");
    else if (store.hasAfter && scroller.distanceToEnd < height) this.#load({ after: store.last }, "after");
  }

  #pill() {
    const { scroller, store, words } = this;
    const unseen = store.room.head - this.#seenHead;
    const far = store.hasAfter || scroller.distanceToEnd > scroller.box.height;
    fill(this.host, "pill", unseen > 0 ? words.plural("pill", unseen) : words.text("latest"));
    show(this.host, "pill", unseen > 0 || far);
  }

  #read() {
    if (document.visibilityState !== "visible" || !document.hasFocus()) return;
    const seq = this.scroller.lastSeen()?.dataset.seq;
    if (seq) this.client.read(this.room, Number(seq));
  }

  #looked() {
    if (document.visibilityState !== "visible" || !document.hasFocus()) return;
    this.#divide();
    this.#render();
  }

  /** An open keyboard leaves less room than the page believes. */
  #resized() {
    const viewport = window.visualViewport;
    const covered = viewport && viewport.scale === 1 && innerHeight - viewport.height > KEYBOARD;
    const space = covered ? viewport.offsetTop + viewport.height - this.host.getBoundingClientRect().top : 0;
    if (covered) this.host.style.setProperty("--pc-viewport", `${Math.round(space)}px`);
    else this.host.style.removeProperty("--pc-viewport");
    this.#soon("resize", SCROLL_MS, () => this.#settled());
  }

  /** @param {HTMLElement} li */
  #highlight(li) {
    li.toggleAttribute("data-highlight", true);
    this.#soon("highlight", HIGHLIGHT_MS, () => {
      for (const lit of this.list.querySelectorAll("[data-highlight]")) lit.removeAttribute("data-highlight");
    });
  }

  // What the person does

  /**
   * @param {Draft} draft
   * @returns {boolean} whether its text need not be kept elsewhere
   */
  send({ content, replyTo = null, clientId, upload, attachment }) {
    if (ENDED.includes(this.client.state)) {
      this.#say(this.words.text(this.client.state === "stopped" ? "ended" : "signed_out"));
      return false;
    }
    const before = this.#tell("pairchat:before-send", { room: this.room, content, replyTo, attachment });
    if (before.defaultPrevented) return false;
    const text = { room: this.room, content: before.detail.content, reply_to: replyTo };
    const sent = this.client.send({ ...text, upload, attachment, client_id: clientId });
    const safe = sent.safe || Boolean(upload);
    if (!safe && this.client.outbox.get(sent.clientId)) {
      this.#held = sent.clientId;
      this.composer?.hold();
    }
    this.#toLatest();
    return safe;
  }

  async #toLatest() {
    if (this.store.hasAfter && !(await this.#load({}, "instead"))) return;
    this.scroller.toEnd();
    this.#settled();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { action, target } = actionOf(event);
    const li = /** @type {HTMLElement | null} */ (event.target instanceof Element && event.target.closest("[data-client-id]"));
    const clientId = li?.dataset.clientId ?? "";
    if (action === "older") this.#load({ before: this.store.first }, "before");
    else if (action === "newer") this.#load({ after: this.store.last }, "after");
    else if (action === "latest") this.#toLatest();
    else if (action === "jump" && target) this.jump(Number(target.dataset.replyTo));
    else if (action === "retry") this.client.retry(clientId);
    else if (action === "fix") this.#fix(clientId);
    else if (action === "discard") this.client.discard(clientId);
    else if (event.target instanceof HTMLDialogElement && event.target.dataset.pcDialog === "photo") event.target.close();
    else if (action === "enlarge") {
      if (!this.#enlarge(target, event)) return;
    }
    else if (li && (action === "menu" || this.#tapped(event))) {
      if (!this.#open(li)) return;
    } else return;
    event.preventDefault();
  }

  /**
   * False: the link is to be followed, because the person or the page wants it so.
   * @param {HTMLElement | null} link
   * @param {MouseEvent} event
   */
  #enlarge(link, { ctrlKey, metaKey, shiftKey }) {
    /** @type {HTMLDialogElement | null} */
    const dialog = this.host.querySelector('[data-pc-dialog="photo"]');
    const photo = slot(this.host, "photo");
    if (!dialog || !photo || !link || ctrlKey || metaKey || shiftKey) return false;
    photo.setAttribute("src", link.getAttribute("href") ?? "");
    photo.setAttribute("alt", slot(link, "image")?.getAttribute("alt") ?? "");
    dialog.showModal();
    return true;
  }

  /**
   * Where nothing can hover, a tap on a message opens its menu.
   * @param {MouseEvent} event
   */
  #tapped({ target }) {
    const inText = target instanceof Element && target.closest("[data-pc-part=text]") && !target.closest("a, button");
    return Boolean(inText) && matchMedia("(hover: none)").matches && Boolean(getSelection()?.isCollapsed);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const li = event.target;
    /** @type {Record<string, number>} */
    const steps = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.timeline.move(steps[event.key]);
    else if (event.key === "Escape") this.composer?.focus();
    else if (event.key !== "Enter" || !(li instanceof HTMLElement) || li.dataset.clientId === undefined) return;
    else if (li.dataset.status === "failed") part(li, "failed")?.querySelector("button")?.focus();
    else if (!this.#open(li)) return;
    event.preventDefault();
  }

  /**
   * False: there is nothing to be done with this message here.
   * @param {HTMLElement} li
   */
  #open(li) {
    const message = this.timeline.messageOf(li);
    if (!this.menu || !message?.seq || !Object.values(this.#allowed(message)).includes(true)) return false;
    this.timeline.activate(li);
    this.menu.open(li, message);
    return true;
  }

  /**
   * @param {Message} message
   * @returns {Record<string, boolean>}
   */
  #allowed({ kind, sender, content, created_at, deleted_at, attachment }) {
    const live = this.store.room.can_send && !deleted_at && kind !== "system";
    const mine = sender === this.me;
    const seconds = this.host.dataset.editSeconds;
    const inTime = !seconds || Date.now() - Date.parse(created_at) < Number(seconds) * 1000;
    return {
      react: live,
      reply: live,
      copy: !deleted_at && content !== "" && Boolean(navigator.clipboard),
      edit: live && mine && inTime && kind === "text" && !attachment,
      delete: mine && !deleted_at,
      report: !mine && !deleted_at && kind !== "system",
    };
  }

  /**
   * @param {string} action
   * @param {Message} message
   * @param {string | null} emoji
   */
  #act(action, message, emoji) {
    const { room, composer, words } = this;
    const { seq } = message;
    if (action === "reply") composer?.reply(message, this.#nameOf(message), summary(message, words));
    else if (action === "edit") composer?.startEditing(this.store.get(seq) ?? message);
    else if (action === "copy") this.#copy(message.content);
    else if (action === "delete") this.#change("delete", { room, seq });
    else if (action === "react") this.#change("react", { room, seq, emoji });
    else this.#say(words.text(action.replace("-", "_")));
  }

  /** @param {string} content */
  async #copy(content) {
    try {
      await navigator.clipboard.writeText(content);
      this.announcer.notice(this.words.text("copied"));
    } catch {
      // The browser has asked, and the person said no.
    }
  }

  /**
   * @param {string} type
   * @param {{room: string, seq: number, [field: string]: any}} fields
   */
  async #change(type, fields) {
    try {
      await this.client.change(type, fields);
    } catch (problem) {
      this.#say(this.words.refusal(/** @type {Error} */ (problem)));
    }
  }

  /**
   * Back into the composer, before what is being written there.
   * @param {string} clientId
   */
  #fix(clientId) {
    const item = this.client.outbox.get(clientId);
    const { composer } = this;
    if (!item || !composer) return;
    composer.stopEditing();
    composer.text = [item.content, composer.text].filter(Boolean).join("\n");
    this.client.drafts.set(this.room, composer.text);
    this.client.discard(clientId);
    composer.focus();
  }

  /**
   * False: it could not be had.
   * @param {{before?: number, after?: number, around?: number}} from
   * @param {"before" | "after" | "instead"} where
   */
  async #load(from, where) {
    if (this.#loading) {
      if (where !== "instead") return false;
      await this.#loading;
    }
    this.#loading = this.client.page(this.room, from, where).then(
      () => true,
      (problem) => {
        if (where === "instead") this.#say(this.words.refusal(problem));
        return false;
      },
    );
    const loaded = await this.#loading;
    this.#loading = null;
    return loaded;
  }

  // Small things

  #unsent() {
    return this.client.outbox.items(this.room);
  }

  /** @param {Message} message */
  #nameOf({ kind, sender }) {
    const { words, host } = this;
    if (kind === "system") return "";
    if (sender === this.me) return host.dataset.meName ?? words.text("me");
    return (sender !== null && this.store.room.peer.name) || words.text("deleted_account");
  }

  /**
   * What the person must know now, seen and heard.
   * @param {string} text
   */
  #say(text) {
    if (this.composer && this.store.room.can_send) this.composer.error(text);
    else this.announcer.problem(text);
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} detail
   */
  #tell(name, detail) {
    const event = new CustomEvent(name, { bubbles: true, cancelable: name === "pairchat:before-send", detail });
    this.host.dispatchEvent(event);
    return event;
  }

  /**
   * @param {string} name
   * @param {number} milliseconds
   * @param {() => void} act
   */
  #soon(name, milliseconds, act) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(act, milliseconds);
  }
}
