/** @file Reading and filling what the server rendered. A slot or part that a host left out is passed over. */

/** @typedef {Element | DocumentFragment} Root */

/**
 * @param {Root} root
 * @param {string} name
 * @returns {HTMLElement | null}
 */
export function slot(root, name) {
  return root.querySelector(`[data-pc-slot="${name}"]`);
}

/**
 * @param {Root} root
 * @param {string} name
 * @returns {HTMLElement | null}
 */
export function part(root, name) {
  return root.querySelector(`[data-pc-part="${name}"]`);
}

/**
 * @param {Root} root
 * @param {string} name
 * @param {string} text
 */
export function fill(root, name, text) {
  const element = slot(root, name);
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * @param {Root} root
 * @param {string} name
 * @param {boolean} visible
 */
export function show(root, name, visible) {
  part(root, name)?.toggleAttribute("hidden", !visible);
}

/**
 * @param {Element} root
 * @param {string} name
 * @param {string} time in UTC
 * @param {string} text
 */
export function fillTime(root, name, time, text) {
  slot(root, name)?.setAttribute("datetime", time);
  fill(root, name, text);
}

/**
 * A copy of what the server put into a template of this element.
 * @param {Element} host
 * @param {string} name
 * @returns {HTMLElement}
 */
export function clone(host, name) {
  /** @type {HTMLTemplateElement | null} */
  const template = host.querySelector(`template[data-pc-template="${name}"]`);
  const first = template?.content.firstElementChild;
  return first ? /** @type {HTMLElement} */ (document.importNode(first, true)) : document.createElement("li");
}

/**
 * The action that an event's target stands for, and its element.
 * @param {Event} event
 */
export function actionOf(event) {
  const target = event.target instanceof Element ? event.target.closest("[data-pc-action]") : null;
  return { action: target?.getAttribute("data-pc-action") ?? "", target: /** @type {HTMLElement | null} */ (target) };
}

/**
 * The first sign of a name, as a person sees it.
 * @param {string} name
 */
export function initial(name) {
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name.trim());
  return first?.segment.toUpperCase() ?? "";
}

const TONES = 6;

/**
 * Return which of the avatar colours a person has; the server computes the same.
 * @param {string} key of the person
 */
export function avatarColor(key) {
  return [...key].reduce((sum, sign) => sum + (sign.codePointAt(0) ?? 0), 0) % TONES;
}

/**
 * The picture of a person, or the first letter of their name.
 * @param {Root} root what holds it
 * @param {Pick<import("./types.js").Peer, "user" | "name" | "avatar">} person
 */
export function showPerson(root, { user, name, avatar }) {
  const image = /** @type {HTMLImageElement | null} */ (slot(root, "avatar"));
  if (image && avatar && image.getAttribute("src") !== avatar) image.src = avatar;
  image?.toggleAttribute("hidden", !avatar);
  fill(root, "initial", initial(name));
  slot(root, "initial")?.toggleAttribute("hidden", Boolean(avatar));
  root.querySelector("[data-tone]")?.setAttribute("data-tone", String(avatarColor(user ?? "")));
}

/**
 * Words for a size in bytes.
 * @param {number} bytes
 * @param {string} language
 */
export function fileSize(bytes, language) {
  const step = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  const unit = ["byte", "kilobyte", "megabyte"][step];
  // Short, it would be "15 byte" and "15 B" in some languages.
  const unitDisplay = step ? "short" : "long";
  const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 });
  return format.format(bytes / 1024 ** step);
}

/**
 * Observes until the signal.
 * @param {ResizeObserver | IntersectionObserver} observer
 * @param {Iterable<Element>} elements
 * @param {AbortSignal} signal
 */
export function observe(observer, elements, signal) {
  for (const element of elements) observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}

/**
 * Listens until the signal.
 * @param {AbortSignal} signal
 */
export function listening(signal) {
  return (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
    target.addEventListener(name, act, { signal });
}
