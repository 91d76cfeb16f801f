/** @file How the template of a card is filled from its data. The server fills it by the same rule: tests/shared/ has the cases. */

/**
 * @typedef {{data: unknown, content: string, mine: boolean, room: string, seq: number}} Values
 * @typedef {import("../i18n.js").Words} Words
 */

const TIME = /^(?!0000)\d{4}-\d\d-(\d\d)(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/;
const CONDITION = /^(!?)([\w.-]+)(?:(!?=)(.*)|([<>])now)?$/;
const URL_ALLOWED = /^(https?:\/\/|\/|\?|#)/i;

/**
 * The text of a value, empty for one that is not there and for what is no single value.
 * @param {Values} values
 * @param {string} path such as "data.price"
 */
export function textAt(values, path) {
  /** @type {any} */
  let value = values;
  for (const name of path.split(".")) {
    value = value && typeof value === "object" && !Array.isArray(value) && Object.hasOwn(value, name) ? value[name] : null;
  }
  return value === null || typeof value === "object" ? "" : String(value);
}

/**
 * A browser takes the 30th of February for a day in March.
 * @param {string} text
 */
export function isTime(text) {
  const [, day] = TIME.exec(text) ?? [];
  return new Date(text.slice(0, 10)).getUTCDate() === Number(day);
}

/** @param {string} text */
export function isAllowedUrl(text) {
  return URL_ALLOWED.test(text);
}

/**
 * Whether all of these conditions hold, and when that may next change by itself.
 * @param {string} conditions
 * @param {Values} values
 * @param {number} now
 */
export function check(conditions, values, now) {
  let holds = true;
  let next = Infinity;
  for (const condition of conditions.split(/\s+/).filter(Boolean)) {
    const [, not, path = "", sign, wanted = "", order] = CONDITION.exec(condition) ?? [];
    const text = textAt(values, path);
    let result = text !== "" && text !== "false";
    if (sign) result = wanted.split("|").includes(text) === (sign === "=");
    if (order) {
      const time = isTime(text) ? Date.parse(text) : NaN;
      result = order === ">" ? time > now : time <= now;
      if (time > now) next = Math.min(next, time);
    }
    holds &&= result !== Boolean(not);
  }
  return { holds, next };
}

/**
 * Fills what is marked in a card, and returns when it would look different without any news.
 * @param {Element} card
 * @param {Values} values
 * @param {Words} words
 * @param {number} now
 */
export function fillSlots(card, values, words, now) {
  let next = Infinity;
  for (const element of card.querySelectorAll("*")) {
    const { pcSlot, pcHref, pcSrc, pcValue, pcIf } = /** @type {HTMLElement} */ (element).dataset;
    if (pcSlot !== undefined) fillText(element, textAt(values, pcSlot), words);
    if (pcHref !== undefined) setUrl(element, "href", textAt(values, pcHref));
    if (pcSrc !== undefined) setUrl(element, "src", textAt(values, pcSrc));
    if (pcValue !== undefined) element.setAttribute("value", textAt(values, pcValue));
    if (pcIf === undefined) continue;
    const checked = check(pcIf, values, now);
    element.toggleAttribute("hidden", !checked.holds);
    next = Math.min(next, checked.next);
  }
  return next;
}

/**
 * @param {Element} element
 * @param {string} text
 * @param {Words} words
 */
function fillText(element, text, { dates, language }) {
  let shown = text;
  if (element.localName === "time") {
    if (isTime(text)) {
      element.setAttribute("datetime", text);
      shown = text.includes("T") ? dates.full(text) : new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(text));
    } else element.removeAttribute("datetime");
  }
  if (element.textContent !== shown) element.textContent = shown;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} url
 */
function setUrl(element, name, url) {
  if (!isAllowedUrl(url)) element.removeAttribute(name);
  else if (element.getAttribute(name) !== url) element.setAttribute(name, url);
}
