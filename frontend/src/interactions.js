/** @file Clicks in a room, and what each of them means. */

import { actionOf } from "./dom.js";
import { popups } from "./parts.js";

/** @typedef {import("./room-controller.js").RoomController} RoomController */

/**
 * True: it is dealt with, and the browser need not follow.
 * @param {RoomController} controller
 * @param {MouseEvent} event
 * @returns {boolean}
 */
export function clicked(controller, event) {
  const { host, client, viewport, actions } = controller;
  const { action, target } = actionOf(event);
  const li = /** @type {HTMLElement | null} */ (event.target instanceof Element && event.target.closest("[data-client-id]"));
  const clientId = li?.dataset.clientId ?? "";
  if (action === "enlarge") return popups.enlarge?.(host, target, event) ?? false;
  if (action === "older") viewport.loadOlder();
  else if (action === "newer") viewport.loadNewer();
  else if (action === "latest") viewport.toNext();
  else if (action === "unseen") viewport.toUnread();
  else if (action === "jump" && target) viewport.jump(Number(target.dataset.replyTo));
  else if (action === "retry") client.retry(clientId);
  else if (action === "discard") client.giveUp(clientId);
  else return actions?.clicked(action, target, li) === true;
  return true;
}
