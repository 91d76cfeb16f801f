/** @file Days, clock times and groups, in the reader's zone and language. */

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./catalogue.js").Catalogue} Catalogue */

const GROUP_MS = 5 * 60 * 1000;

export class Dates {
  /** The day of each message is asked for at every change of the list. @type {Map<string, string>} */
  #days = new Map();

  /**
   * @param {Catalogue} catalogue
   * @param {string} language
   * @param {string} [timeZone] the reader's own, unless a test says otherwise
   */
  constructor(catalogue, language, timeZone) {
    this.catalogue = catalogue;
    this.clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", timeZone });
    this.date = new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone });
    this.short = new Intl.DateTimeFormat(language, { year: "numeric", month: "numeric", day: "numeric", timeZone });
    this.whole = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", timeZone });
    this.key = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone });
  }

  /**
   * The calendar day, comparable: "2026-03-01".
   * @param {string} time
   */
  day(time) {
    let day = this.#days.get(time);
    if (!day) this.#days.set(time, (day = this.key.format(new Date(time))));
    return day;
  }

  /** @param {string} time */
  timeOfDay(time) {
    return this.clock.format(new Date(time));
  }

  /** @param {string} time */
  full(time) {
    return this.whole.format(new Date(time));
  }

  /**
   * The words of a day separator.
   * @param {string} time
   * @param {Date} [now]
   */
  dayLabel(time, now = new Date()) {
    const ago = this.#daysAgo(time, now);
    if (ago === 0) return this.catalogue.text("today");
    if (ago === 1) return this.catalogue.text("yesterday");
    return this.date.format(new Date(time));
  }

  /**
   * The short form in a list: the clock today, else the date.
   * @param {string} time
   * @param {Date} [now]
   */
  brief(time, now = new Date()) {
    return this.#daysAgo(time, now) === 0 ? this.timeOfDay(time) : this.short.format(new Date(time));
  }

  /**
   * Does `next` continue the group of `previous`?
   * @param {Message | undefined} previous
   * @param {Message} next
   */
  sameGroup(previous, next) {
    return (
      previous !== undefined &&
      previous.kind !== "system" &&
      next.kind !== "system" &&
      previous.sender === next.sender &&
      Date.parse(next.created_at) - Date.parse(previous.created_at) < GROUP_MS &&
      this.day(previous.created_at) === this.day(next.created_at)
    );
  }

  /**
   * @param {string} time
   * @param {Date} now
   */
  #daysAgo(time, now) {
    return Math.round((Date.parse(this.key.format(now)) - Date.parse(this.day(time))) / 86_400_000);
  }
}
