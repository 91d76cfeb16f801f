/** @file The module of the large view of photos, which a room loads when the first one is opened. */

import { ChatClient, Words } from "../core.js";
import { PhotoViewer } from "./viewer.js";

/** @type {WeakMap<HTMLDialogElement, PhotoViewer>} */
const viewers = new WeakMap();

/**
 * @param {HTMLElement} host
 * @param {HTMLDialogElement} dialog
 * @param {HTMLAnchorElement} link around the small picture
 */
export function showPhoto(host, dialog, link) {
  const { me = "", ws = "", api = "" } = host.dataset;
  const viewer = viewers.get(dialog) ?? new PhotoViewer(host, dialog, ChatClient.shared({ user: me, ws, api }), new Words());
  viewers.set(dialog, viewer);
  viewer.open(link);
}
