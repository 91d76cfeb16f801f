/** @file The dialog in which an emoji is typed, or chosen from a grid that loads when it is first opened. */

import { slot } from "../dom.js";
import { oneEmoji } from "./emoji.js";

/** @typedef {typeof import("../emoji/index.js")} GridModule */

/**
 * @param {HTMLElement} host
 * @param {object} how
 * @param {string} how.value that is there already
 * @param {string} how.me
 * @param {(emoji: string | null) => void} how.choose null: what was typed is no emoji
 * @param {() => void} how.closed
 */
export function openEmojiDialog(host, { value, me, choose, closed }) {
  /** @type {HTMLDialogElement | null} */
  const dialog = host.querySelector('[data-pc-dialog="emoji"]');
  const input = dialog && /** @type {HTMLInputElement | null} */ (slot(dialog, "emoji"));
  if (!input) return;
  input.value = value;
  /** @type {{first: () => string | undefined} | undefined} */
  let grid;
  const { module } = dialog.dataset;
  if (module) {
    import(module).then(async (/** @type {GridModule} */ { showGrid }) => {
      grid = await showGrid(dialog, me, (emoji) => {
        input.value = emoji;
        dialog.close("react");
      });
    }, () => {}); // Without the grid any emoji can be typed.
  }
  // By itself Enter would press the first button, which is not the one that is meant.
  input.onkeydown = (event) => {
    // Safari ends a composition first, and says so by this number alone.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    dialog.close("react");
  };
  dialog.returnValue = "";
  dialog.onclose = () => {
    closed();
    if (!dialog.returnValue || dialog.returnValue === "cancel") return;
    choose(oneEmoji(input.value) ?? (input.value.trim() && grid?.first()) ?? null);
  };
  dialog.showModal();
}

/** The button beside the composer puts an emoji where the cursor is. */
export function listenForEmoji() {
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest('[data-pc-action="emoji"]');
    const host = button && /** @type {HTMLElement | null} */ (button.closest("pair-chat"));
    const box = host && /** @type {HTMLTextAreaElement | null} */ (host.querySelector('textarea[data-pc-slot="input"]'));
    if (!box) return;
    const { selectionStart, selectionEnd } = box;
    openEmojiDialog(host, {
      value: "",
      me: host.dataset.me ?? "",
      choose: (emoji) => {
        if (!emoji) return;
        box.setRangeText(emoji, selectionStart, selectionEnd, "end");
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
      },
      closed: () => box.focus(),
    });
  });
}
