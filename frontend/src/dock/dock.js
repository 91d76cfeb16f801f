/** @file The windows of the dock: which are open, which fit beside each other, and what a person does with them. */

import { csrfToken } from "../csrf.js";
import { actionOf, listening } from "../dom.js";
import { unreadOf } from "../inbox-store.js";
import { MEANT_FOR } from "../protocol.js";
import { Memory } from "./memory.js";
import { DockWindow } from "./window.js";

/** Here there is room for one thing, and it covers the page. As in the stylesheet. */
const NARROW = "(max-width: 40rem), (max-height: 28rem)";
/** What a window takes, and the button beside them. As in the stylesheet. */
const WINDOW_REM = 21;
const BUTTON_REM = 5;
/** More rooms are not kept: they are in the list. */
const MOST = 6;

export class Dock {
  /** By room, in the order in which they were opened; "" is the list. @type {Map<string, DockWindow>} */
  #windows = new Map();
  /** The element that has the dock now. @type {HTMLElement | null} */
  #host = null;
  /** @type {HTMLDialogElement | null} */
  #panel = null;
  /** @type {AbortController | undefined} */
  #over;
  #used = 0;
  /** What could not be had, for the next page. @type {import("./memory.js").Kept[]} */
  #missed = [];
  /** On a narrow screen: the sheet is open. */
  #sheet = false;
  #narrow = matchMedia(NARROW);
  /** Where a key was pressed last. @type {DockWindow | undefined} */
  #pressed;
  /** That key is for something within the window. */
  #busy = false;

  /** @param {import("../client.js").ChatClient} client */
  constructor(client) {
    this.client = client;
    this.memory = new Memory(client.user);
  }

  /** @param {HTMLElement} host */
  begin(host) {
    this.#over?.abort();
    this.#over = new AbortController();
    const { signal } = this.#over;
    this.#host = host;
    this.#sheet = false;
    // A copy of an earlier page has windows that belong to nobody.
    for (const old of host.querySelectorAll("dialog")) if (old !== this.#panel) old.remove();
    this.#panel ??= /** @type {HTMLDialogElement} */ (this.#part("dock-panel"));
    if (this.#panel.open) this.#panel.close();
    host.append(this.#panel);
    this.#listen(signal);
    if (!this.#windows.size) for (const kept of this.memory.read()) Object.assign(this.#add(kept.room), kept);
    this.#used = Math.max(0, ...[...this.#windows.values()].map(({ at }) => at));
    this.render();
  }

  /** @param {HTMLElement} host */
  leave(host) {
    if (host !== this.#host) return;
    this.#over?.abort();
    this.#host = null;
  }

  /** Somebody else is signed in. */
  end() {
    this.#over?.abort();
    this.#panel?.remove();
  }

  /**
   * False: there is no such room, or it could not be had.
   * @param {string} room empty: the list
   * @param {Element | null} opener
   */
  async open(room, opener) {
    const elsewhere = this.#onThePage(room);
    if (elsewhere) {
      elsewhere.scrollIntoView({ block: "nearest" });
      elsewhere.querySelector("textarea")?.focus();
      return true;
    }
    const shown = this.#windows.get(room) ?? this.#add(room);
    Object.assign(shown, { opener: opener ?? shown.opener, small: false });
    this.#sheet = true;
    this.#use(shown);
    if (!(await shown.load())) return false;
    if (this.#windows.get(room) !== shown) return true;
    this.#use(shown);
    shown.focus();
    return true;
  }

  render() {
    const panel = this.#panel;
    if (!panel || !this.#host) return;
    const visible = this.#visible();
    const isOpen = visible.length > 0 && (!this.#narrow.matches || this.#sheet);
    const modal = isOpen && this.#narrow.matches;
    if (panel.open && panel.matches(":modal") !== modal) panel.close();
    if (modal && !panel.open) panel.showModal();
    // Not by show(), which would take the focus.
    else panel.open = isOpen;
    for (const shown of this.#windows.values()) {
      const isVisible = isOpen && visible.includes(shown);
      const store = this.client.rooms.get(shown.room);
      shown.show(isVisible, store ? unreadOf(store.room) : 0);
      if (isVisible) this.#fill(shown);
    }
    this.#button?.setAttribute("aria-expanded", String(isOpen && (modal || visible.some(({ room, small }) => !room && !small))));
    this.memory.write([...this.#missed.filter(({ room }) => !this.#windows.has(room)), ...this.#windows.values()]);
  }

  // What there is

  get #button() {
    return /** @type {HTMLElement | null} */ (this.#host?.querySelector("[data-pc-part=dock-button]"));
  }

  /** @param {string} name of a template of the server's */
  #part(name) {
    const template = /** @type {HTMLTemplateElement} */ (this.#host?.querySelector(`[data-pc-template="${name}"]`));
    return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
  }

  /**
   * What the server renders for the dock, and the page with the same.
   * @param {string} room
   */
  #addresses(room) {
    const { inboxUrl = "", dockUrl = "", roomUrl = "" } = this.#host?.dataset ?? {};
    const key = `/${encodeURIComponent(room)}/`;
    if (!room) return { fragment: inboxUrl, page: this.#button?.getAttribute("href") ?? "" };
    // The last of it: the prefix of the site may have such a part as well.
    return { fragment: dockUrl.replace(/\/0\/(?!.*\/0\/)/, key), page: roomUrl.replace(/\/0\/$/, key) };
  }

  /** @param {string} room */
  #add(room) {
    const shown = new DockWindow(room, this.#part("dock-window"), this.#part("dock-actions"), this.#addresses(room));
    this.#windows.set(room, shown);
    this.#panel?.append(shown.element);
    const rooms = this.#byUse().filter((other) => other.room && other !== shown);
    for (const old of rooms.slice(MOST - 1)) if (!old.holdsFiles) this.#remove(old);
    return shown;
  }

  /** @param {DockWindow} shown */
  #remove(shown) {
    this.#windows.delete(shown.room);
    shown.element.remove();
  }

  /** @param {DockWindow} shown */
  async #fill(shown) {
    if (this.#onThePage(shown.room) || (await shown.load())) return;
    // A room that is gone, or a server that cannot be reached: the next page tries what is kept once more.
    if (this.#windows.get(shown.room) !== shown || !this.#host) return;
    if (!shown.isGone) this.#missed.push({ room: shown.room, small: shown.small, at: shown.at });
    this.#remove(shown);
    this.render();
  }

  /**
   * The room where the host's page has it already: two of them would be one too many.
   * @param {string} room
   * @returns {HTMLElement | undefined}
   */
  #onThePage(room) {
    /** @type {NodeListOf<HTMLElement>} */
    const all = document.querySelectorAll("pair-chat");
    return [...all].find((chat) => room && chat.dataset.room === room && !this.#panel?.contains(chat));
  }

  #byUse() {
    return [...this.#windows.values()].sort((one, other) => other.at - one.at);
  }

  /** The newest that fit, whether large or small. */
  #visible() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const slots = this.#narrow.matches ? 1 : Math.max(1, Math.floor((innerWidth / rem - BUTTON_REM) / WINDOW_REM));
    return this.#byUse()
      .filter(({ room }) => !this.#onThePage(room))
      .slice(0, slots);
  }

  /**
   * The one that is used: the server tells of its typing and presence.
   * @param {DockWindow} shown
   */
  #use(shown) {
    if (shown.at < this.#used || !shown.at) shown.at = this.#used += 1;
    // The list is no room: the last one that was used stays the one that is told of.
    if (shown.room) {
      for (const { room } of this.#windows.values()) {
        const store = this.client.rooms.get(room);
        if (store) store.onScreen = room === shown.room;
      }
      this.client.focus();
    }
    this.render();
  }

  // What a person does

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const on = listening(signal);
    const panel = /** @type {HTMLDialogElement} */ (this.#panel);
    const host = /** @type {HTMLElement} */ (this.#host);
    const button = this.#button;
    if (button) {
      button.setAttribute("role", "button");
      button.setAttribute("aria-controls", panel.id);
      on(button, "click", (event) => plain(event) && (event.preventDefault(), this.#toggle()));
      on(button, "keydown", (event) => event.key === " " && (event.preventDefault(), this.#toggle()));
    }
    on(panel, "click", (event) => this.#clicked(event));
    panel.addEventListener("keydown", (event) => this.#keyComes(event), { signal, capture: true });
    on(panel, "keydown", (event) => this.#keyDown(event));
    on(panel, "focusin", (event) => this.#focused(event));
    on(panel, "submit", (event) => this.#submitted(event));
    on(panel, "cancel", (event) => event.target === panel && (event.preventDefault(), this.#closeSheet()));
    on(window, "resize", () => this.render());
    // Before what swaps pages, which would follow the form.
    document.addEventListener("submit", (event) => this.#asked(event), { signal, capture: true });
    signal.addEventListener(
      "abort",
      this.client.subscribe(({ kind }) => (kind === "messages" || kind === "room") && this.render()),
    );
    // A page that is merged into this one knows nothing of the windows.
    const watcher = new MutationObserver(() => {
      if (panel.parentElement === host || !host.isConnected) return;
      host.append(panel);
      this.render();
    });
    watcher.observe(host, { childList: true });
    signal.addEventListener("abort", () => watcher.disconnect());
  }

  #toggle() {
    const list = this.#windows.get("");
    if (this.#narrow.matches && this.#windows.size) {
      if (this.#sheet) this.#closeSheet();
      else this.#show(this.#byUse()[0].room, this.#button);
    } else if (list && !list.element.hidden && !list.small) this.#close(list);
    else this.#show("", this.#button);
  }

  /**
   * Opens it; where that fails its page says why.
   * @param {string} room
   * @param {Element | null} opener
   */
  async #show(room, opener) {
    const { page } = this.#addresses(room);
    if (await this.open(room, opener)) return;
    const failed = this.#windows.get(room);
    if (failed) this.#remove(failed);
    this.render();
    location.assign(page);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const shown = this.#of(target);
    const { action } = actionOf(event);
    if (!shown) return;
    if (action === "dock-close") this.#close(shown);
    else if (action === "dock-minimise") this.#shrink(shown);
    else if (action === "dock-restore" || (shown.small && !target.closest("a, button"))) this.#show(shown.room, null);
    else if (plain(event)) this.#followed(event, target.closest("a"), shown);
  }

  /**
   * A link to a chat opens it here.
   * @param {MouseEvent} event
   * @param {HTMLAnchorElement | null} link
   * @param {DockWindow} shown
   */
  #followed(event, link, shown) {
    const row = /** @type {HTMLElement | null} */ (link?.closest("[data-pc-list] > [data-room]"));
    const back = link?.classList.contains("pc-back");
    if (!link || (!row && !back)) return;
    event.preventDefault();
    if (row) this.#show(row.dataset.room ?? "", link);
    else this.#show("", shown.opener);
  }

  /**
   * Before the room itself has closed what it has open.
   * @param {KeyboardEvent} event
   */
  #keyComes(event) {
    this.#pressed = this.#of(/** @type {Element} */ (event.target));
    this.#busy = Boolean(this.#pressed?.busy);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    // What was pressed may have gone with what it has closed.
    const shown = this.#pressed;
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || !shown || shown.overlaid) return;
    // Keeps the browser from closing the sheet as well.
    event.preventDefault();
    if (this.#busy) return;
    if (this.#narrow.matches) this.#closeSheet();
    else if (shown.room && !shown.small) this.#shrink(shown);
    else this.#close(shown);
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const shown = this.#of(/** @type {Element} */ (event.target));
    if (shown && shown.at < this.#used && !shown.small) this.#use(shown);
  }

  /** @param {DockWindow} shown */
  #shrink(shown) {
    shown.small = true;
    this.render();
    shown.focus();
  }

  /** @param {DockWindow} shown */
  #close(shown) {
    // First made small: what it holds would be gone.
    if (shown.holdsFiles && !shown.small) return this.#shrink(shown);
    const { opener } = shown;
    this.#remove(shown);
    this.#sheet = false;
    this.render();
    this.#focusBack(opener);
  }

  #closeSheet() {
    const opener = this.#byUse()[0]?.opener ?? null;
    this.#sheet = false;
    this.render();
    this.#focusBack(opener);
  }

  /** @param {Element | null} opener */
  #focusBack(opener) {
    const target = opener?.isConnected && opener.checkVisibility?.() !== false ? opener : this.#button;
    /** @type {HTMLElement | null} */ (target)?.focus();
  }

  /**
   * The room's own menu, whose answer is the room as it is then.
   * @param {SubmitEvent} event
   */
  async #submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    const shown = this.#of(form);
    if (form.dataset.pcForm !== "settings" || !shown || !button) return;
    event.preventDefault();
    const body = new FormData(form, button);
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.type !== "opaqueredirect") location.assign(shown.addresses.page);
    // Out of the way, or to be read later: as on its page.
    else if (["archived", "marked_unread"].includes(button.name) && button.value === "1") this.#close(shown);
    else if (shown.holdsFiles) this.#use(shown);
    else if (await shown.load(true)) this.#use(shown), shown.focus();
  }

  /**
   * A button of the page that opens a chat in the dock. Without an answer its form goes the way of all forms.
   * @param {SubmitEvent} event
   */
  async #asked(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.dataset.pcOpen !== "dock") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const room = await this.#room(new FormData(form)).catch(() => null);
    if (!room) HTMLFormElement.prototype.submit.call(form);
    else await this.#show(room, event.submitter ?? form);
  }

  /**
   * The key of the room that a form asks for.
   * @param {FormData} fields
   * @returns {Promise<string | undefined>}
   */
  async #room(fields) {
    const answer = await fetch(`${this.#host?.dataset.api}rooms/`, {
      method: "POST",
      redirect: "manual",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": csrfToken(),
        [MEANT_FOR]: encodeURIComponent(String(fields.get("as"))),
      },
      body: JSON.stringify({ user: fields.get("user"), topic: fields.get("topic") ?? undefined }),
    });
    return answer.ok ? (await answer.json()).room.room : undefined;
  }

  /** @param {Element} element */
  #of(element) {
    const found = /** @type {HTMLElement | null} */ (element.closest("[data-dock-room]"));
    return found ? this.#windows.get(found.dataset.dockRoom ?? "") : undefined;
  }
}

/**
 * Not meant for another tab.
 * @param {MouseEvent} event
 */
function plain({ button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented }) {
  return !(button || metaKey || ctrlKey || shiftKey || altKey || defaultPrevented);
}
