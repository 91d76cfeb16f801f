/** @file Recordings and films of messages: those on the page, and those that come. */

import { part } from "../dom.js";

/** Some browsers draw the first picture of a film only if they are sent to a moment of it. */
const FIRST_PICTURE = "#t=0.1";

/** @type {IntersectionObserver | undefined} */
let screen;
/** The voice messages that have their player. @type {WeakSet<Element>} */
const players = new WeakSet();

/**
 * Recordings and films look like what they are, and load no more than they need for that.
 * @param {ParentNode} root what holds them
 */
export function showMedia(root) {
  showFirstPictures(root);
  for (const place of root.querySelectorAll("[data-waveform]")) showWaveform(/** @type {HTMLElement} */ (place));
}

/**
 * The module comes with the first one. Without it the browser's own player stays.
 * @param {HTMLElement} place
 */
function showWaveform(place) {
  const audio = place.parentElement && part(place.parentElement, "audio");
  if (players.has(place) || !(audio instanceof HTMLAudioElement)) return;
  players.add(place);
  import(place.dataset.module ?? "").then(
    (/** @type {typeof import("../voice/index.js")} */ { Player }) => place.dataset.waveform && new Player(place, audio),
    () => players.delete(place),
  );
}

/**
 * Films show their first picture when they come into view, and load no more than they need for that. For a person who
 * saves data they load nothing.
 * @param {ParentNode} root what holds them
 */
function showFirstPictures(root) {
  if (/** @type {any} */ (navigator).connection?.saveData) return;
  screen ??= new IntersectionObserver((entries, observer) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      /** @type {HTMLVideoElement} */ (target).preload = "metadata";
    }
  });
  for (const film of root.querySelectorAll("video[src]")) screen.observe(film);
}

/**
 * A player shows what this browser can play. What it cannot is a download as any file.
 * @param {Element | null} player
 * @param {string} family
 * @param {import("../types.js").Attachment | null} [attachment]
 */
export function play(player, family, attachment) {
  if (!(player instanceof HTMLMediaElement)) return;
  const { type = "", url, name = "" } = attachment ?? {};
  const plays = url && type.startsWith(family) && player.canPlayType(type);
  player.hidden = !plays;
  if (plays) {
    const source = family === "video" ? url + FIRST_PICTURE : url;
    if (player.getAttribute("src") !== source) player.src = source;
    player.setAttribute("aria-label", name);
  } else if (player.hasAttribute("src")) {
    player.removeAttribute("src");
    // Without this it would play on.
    player["load"]();
  }
  const { parentElement: holder } = player;
  if (!holder) return;
  if (family === "audio") describe(part(holder, "player"), plays ? attachment?.voice : undefined, type);
  showMedia(holder);
}

/**
 * @param {HTMLElement | null} place
 * @param {import("../wire.js").Voice | undefined} voice undefined: the recording is no voice message, or gone
 * @param {string} type
 */
function describe(place, voice, type) {
  if (!place) return;
  if (voice) Object.assign(place.dataset, { ...voice, type });
  else {
    delete place.dataset.waveform;
    place.hidden = true;
  }
}
