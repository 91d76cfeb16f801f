/** @file The module of the pages of a site that sends push messages: keeps this device's subscription and notifications right. */

import { Device, configOf } from "./device.js";
import { PairChatPush } from "./pair-chat-push.js";

export { PairChatPush };

const PAUSE_MS = 1_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Looks after the device once what happens now has settled. A page swap may have brought another person. */
function soon() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const config = configOf();
    if (!config) return;
    const device = new Device(config);
    // Without a network there is nothing to be done: the next visit does it.
    await device.visit().catch(() => {});
    await device.tidy().catch(() => {});
  }, PAUSE_MS);
}

if (!customElements.get("pair-chat-push")) customElements.define("pair-chat-push", PairChatPush);
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.addEventListener("message", ({ data }) => data?.type === "pairchat-push" && soon());
  navigator.serviceWorker.startMessages();
  document.addEventListener("visibilitychange", soon);
  // The chat's own elements show what has been read here or elsewhere.
  const observer = new MutationObserver(soon);
  observer.observe(document.body, { subtree: true, attributeFilter: ["data-unread"] });
  const counts = { subtree: true, childList: true, characterData: true };
  for (const badge of document.querySelectorAll("pair-chat-badge")) observer.observe(badge, counts);
  soon();
}
