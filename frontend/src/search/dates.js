/** @file Going to a day: from the line of a day in a chat, or from the form in its menu. */

import { ChatClient } from "../core.js";

/** @typedef {import("../pair-chat.js").PairChat} PairChat */

/**
 * Opens the browser's own calendar at a line. A browser that does not open one shows the box to type a day into.
 * @param {HTMLElement} link
 */
export function chooseDay(link) {
  const input = document.createElement("input");
  input.type = "date";
  input.className = "pc-day-input";
  input.value = /** @type {HTMLElement | null} */ (link.closest("[data-day]"))?.dataset.day ?? "";
  input.max = dayOf(new Date());
  input.setAttribute("aria-label", link.dataset.label ?? "");
  link.after(input);
  let open = true;
  // An element that is removed while it has the focus is told so once more.
  const leave = () => {
    if (open) {
      open = false;
      input.remove();
    }
  };
  input.addEventListener("blur", leave);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    event.stopPropagation();
  });
  input.addEventListener("change", () => {
    const { value } = input;
    leave();
    if (value) goToDay(link, value);
  });
  input.focus({ preventScroll: true });
  try {
    input.showPicker();
  } catch {
    // It stays to be typed into.
  }
}

/**
 * @param {Element} from within the chat
 * @param {string} day in the reader's time zone
 */
export async function goToDay(from, day) {
  const host = /** @type {PairChat | null} */ (from.closest("pair-chat"));
  const at = new Date(`${day}T00:00:00`);
  if (!host || Number.isNaN(at.getTime())) return;
  const { room, me = "", ws = "", api = "", roomUrl } = host.dataset;
  try {
    const client = ChatClient.shared({ user: me, ws, api });
    const { messages } = await client.request("history", { room, at: at.toISOString(), limit: 1 });
    if (messages.length) await host.jump(messages[0].seq);
  } catch {
    // The page that the server renders says what is wrong.
    location.href = `${roomUrl}?date=${day}`;
  }
}

/** @param {Date} date */
function dayOf(date) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
