/** @file The other person and the topic as the page shows them, and why one cannot write: all follow what comes from the server. */

import { fill, part, showPerson } from "../dom.js";

/** What each room shows of both. @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap();

/**
 * Everywhere in the room, and where its next messages are copied from.
 * @param {HTMLElement} host
 * @param {import("../types.js").Room} room
 * @param {import("../i18n.js").Words} words
 */
export function showPeer(host, { peer, me, topic }, words) {
  const { name, avatar } = peer;
  rename(host, name);
  const now = JSON.stringify([name, avatar, topic]);
  // What the server rendered is right until the first sync says what it is.
  if (avatar === undefined) return;
  const until = me.suspended_until;
  fill(host, "closed", until ? words.text("suspended", { time: words.dates.full(until) }) : words.text("closed"));
  if (now === shown.get(host)) return;
  shown.set(host, now);
  const { content } = /** @type {HTMLTemplateElement | null} */ (host.querySelector('[data-pc-template="message"]')) ?? {};
  for (const root of [host, content]) {
    for (const picture of root?.querySelectorAll("[data-tone]") ?? []) showPerson(picture.parentElement ?? picture, peer);
  }
  const { module } = part(host, "topic")?.dataset ?? {};
  if (module) import(module).then(({ showTopic }) => showTopic(host, topic), () => shown.delete(host));
}

/**
 * The title of a page that is this room's says the name as well.
 * @param {HTMLElement} host
 * @param {string} name
 */
function rename(host, name) {
  const { peerName = "" } = host.dataset;
  if (!name || name === peerName) return;
  fill(host, "peer", name);
  if (host.closest('[data-pc-view="room"]')) document.title = document.title.replace(peerName, () => name);
  host.dataset.peerName = name;
}
