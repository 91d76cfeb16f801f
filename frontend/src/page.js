/** @file A page as the surroundings of an engine: its session, its storage, and who looks at it. */

import { isHidden, isLookedAt, localStore } from "./browser.js";
import { csrfToken } from "./csrf.js";
import { listening } from "./dom.js";
import { SUBPROTOCOL } from "./protocol.js";
import { acrossTabs } from "./sender.js";

/** A hidden or offline page does not knock. */
export function mayConnect() {
  return !isHidden() && navigator.onLine !== false;
}

/**
 * Starts the engine, and tells it of what the browser says, until the signal.
 * @param {import("./engine.js").Engine} engine
 * @param {AbortSignal} signal
 */
export function begin(engine, signal) {
  const { line } = engine;
  const on = listening(signal);
  const wake = () => {
    if (isHidden()) return;
    line.wake();
    engine.polling.soon();
  };
  on(document, "visibilitychange", () => (wake(), engine.focus()));
  on(window, "focus", () => (line.resume(), engine.focus()));
  on(window, "blur", () => engine.focus());
  // All pages of a person go online together: one that is paused would disconnect another.
  on(window, "online", () => engine.state !== "paused" && wake());
  on(window, "pageshow", () => (line.start(), wake()));
  // A page that is kept for the way back must not hold a socket.
  on(window, "pagehide", () => line.pause());
  on(window, "offline", () => (line.cut(), engine.emit({ kind: "state" })));
  on(window, "storage", (event) => engine.stored(event));
  line.start();
}

/** @type {import("./engine.js").Surroundings} */
export const page = {
  get storage() {
    return localStore();
  },
  alone: acrossTabs,
  open: (url) => new WebSocket(url, SUBPROTOCOL),
  fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, "X-CSRFToken": csrfToken() } }),
  mayConnect,
  isHidden,
  isLookedAt,
  begin,
};
