/** @file A grid of emoji by group, with those used last and a search by name, inside a dialog of the chat. */

import { part, slot } from "../dom.js";
import { Recent } from "./recent.js";
import { found, groupsOf } from "./search.js";

/** @typedef {import("./search.js").Named} Named */

/** What each dialog shows now. @type {WeakMap<HTMLElement, Grid>} */
const grids = new WeakMap();

/**
 * Fills the dialog, and makes it choose for this caller.
 * @param {HTMLElement} dialog
 * @param {string} me
 * @param {(emoji: string) => void} choose
 * @returns {Promise<{first: () => string | undefined}>}
 */
export async function showGrid(dialog, me, choose) {
  let grid = grids.get(dialog);
  if (!grid) {
    const { default: names } = await import(dialog.dataset.names ?? "");
    grid = grids.get(dialog) ?? new Grid(dialog, groupsOf(names), new Recent(me));
    grids.set(dialog, grid);
  }
  grid.begin(choose);
  return grid;
}

class Grid {
  /** @type {(emoji: string) => void} */
  #choose = () => {};

  /**
   * @param {HTMLElement} dialog
   * @param {{label: string, members: Named[]}[]} groups
   * @param {Recent} recent
   */
  constructor(dialog, groups, recent) {
    this.groups = groups;
    this.all = groups.flatMap(({ members }) => members);
    this.recent = recent;
    this.box = /** @type {HTMLElement} */ (part(dialog, "emoji-grid"));
    this.input = /** @type {HTMLInputElement} */ (slot(dialog, "emoji"));
    this.status = slot(dialog, "emoji-count");
    this.input.addEventListener("input", (event) => {
      // A syllable that is being composed is no word yet.
      if (!(/** @type {InputEvent} */ (event).isComposing)) this.#draw();
    });
    this.input.addEventListener("compositionend", () => this.#draw());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || event.isComposing) return;
      event.preventDefault();
      this.#buttons()[0]?.focus();
    });
    this.box.addEventListener("click", ({ target }) => {
      const button = target instanceof Element && target.closest("button");
      if (button) this.choose(button.textContent ?? "");
    });
    this.box.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  /** @param {(emoji: string) => void} choose */
  begin(choose) {
    this.#choose = choose;
    this.box.hidden = false;
    this.#draw();
    this.box.scrollTop = 0;
  }

  /** @param {string} emoji */
  choose(emoji) {
    this.recent.add(emoji);
    this.#choose(emoji);
  }

  /** What Enter chooses: the first that the search has found. */
  first() {
    return found(this.all, this.input.value)[0]?.emoji;
  }

  #draw() {
    const query = this.input.value.trim();
    const hits = found(this.all, query);
    const searching = query !== "" && !this.all.some(({ emoji }) => emoji === query);
    if (this.status) this.status.textContent = searching ? String(hits.length) : "";
    const used = this.recent.list().map((emoji) => this.all.find((each) => each.emoji === emoji) ?? { emoji, name: emoji, words: "" });
    const shown = searching
      ? [{ label: "", members: hits }]
      : [{ label: this.box.dataset.recent ?? "", members: used }, ...this.groups];
    this.box.replaceChildren(...shown.filter(({ members }) => members.length).map((group) => this.#group(group)));
    const [first] = this.#buttons();
    if (first) first.tabIndex = 0;
  }

  /** @param {{label: string, members: Named[]}} group */
  #group({ label, members }) {
    const group = document.createElement("div");
    group.className = "pc-emoji";
    group.setAttribute("role", "group");
    if (label) {
      group.setAttribute("aria-label", label);
      const heading = document.createElement("p");
      heading.className = "pc-emoji-label";
      heading.setAttribute("aria-hidden", "true");
      heading.textContent = label;
      group.append(heading);
    }
    for (const { emoji, name } of members) group.append(button(emoji, name));
    return group;
  }

  #buttons() {
    return [...this.box.querySelectorAll("button")];
  }

  /** The arrows go through the grid as it is seen. @param {KeyboardEvent} event */
  #keyDown(event) {
    const all = this.#buttons();
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    if (at < 0) return;
    const forward = getComputedStyle(this.box).direction === "rtl" ? -1 : 1;
    /** @type {Record<string, () => HTMLElement | undefined>} */
    const goals = {
      ArrowRight: () => all[at + forward],
      ArrowLeft: () => all[at - forward],
      ArrowDown: () => inLine(all.slice(at + 1), all[at]),
      ArrowUp: () => inLine(all.slice(0, at).reverse(), all[at]) ?? this.input,
      Home: () => all[0],
      End: () => all[all.length - 1],
    };
    if (!(event.key in goals)) return;
    event.preventDefault();
    const goal = goals[event.key]();
    if (!goal) return;
    if (goal !== this.input) {
      for (const each of all) each.tabIndex = -1;
      goal.tabIndex = 0;
    }
    goal.focus();
  }
}

/**
 * The first in another row that is at most half a button away from this one's column.
 * @param {HTMLElement[]} others
 * @param {HTMLElement} from
 */
function inLine(others, from) {
  const { left, top, width } = from.getBoundingClientRect();
  return others.find((other) => {
    const place = other.getBoundingClientRect();
    return Math.abs(place.top - top) > 1 && Math.abs(place.left - left) <= width / 2;
  });
}

/**
 * @param {string} emoji
 * @param {string} name
 */
function button(emoji, name) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "pc-emoji-button";
  element.tabIndex = -1;
  element.title = name;
  element.setAttribute("aria-label", name);
  element.textContent = emoji;
  return element;
}
