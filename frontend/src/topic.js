/** @file What a chat is about, as the page shows it: at the top of the room, and in a line of the list. */

import { fill, part, show, slot } from "./dom.js";

/**
 * @param {HTMLElement} root what holds it
 * @param {import("./types.js").Room["topic"]} topic
 */
export function showTopic(root, topic) {
  const { title = "", url, image, subtitle = "", state } = topic ?? {};
  for (const element of root.querySelectorAll('[data-pc-slot="topic"]')) {
    if (element.textContent !== title) element.textContent = title;
  }
  const link = part(root, "topic");
  if (link?.localName === "a") {
    if (url) link.setAttribute("href", url);
    else link.removeAttribute("href");
  }
  const picture = slot(root, "topic-image");
  if (image && picture?.getAttribute("src") !== image) picture?.setAttribute("src", image);
  show(root, "topic-image", Boolean(image));
  fill(root, "topic-subtitle", subtitle);
  fill(root, "topic-state", state?.label ?? "");
  part(root, "topic-state")?.setAttribute("data-key", state?.key ?? "");
  show(root, "topic-state", Boolean(state));
}
