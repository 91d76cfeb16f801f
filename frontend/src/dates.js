/** @file Days, clock times and groups, in the reader's zone and language. */

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./messages-catalog.js").Catalogue} Catalogue */

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
    this.clock = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone });
    this.fullDate = new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone });
    this.fullTime = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", timeZone });
    // Sweden writes days as ISO 8601 does.
    this.dayKey = new Intl.DateTimeFormat("sv", { timeZone });
  }

  /**
   * The calendar day, comparable: "2026-03-01".
   * @param {string} time
   */
  day(time) {
    let day = this.#days.get(time);
    if (!day) this.#days.set(time, (day = this.dayKey.format(new Date(time))));
    return day;
  }

  /** @param {string} time */
  timeOfDay(time) {
    return this.clock.format(new Date(time));
  }

  /** @param {string} time */
  full(time) {
    return this.fullTime.format(new Date(time));
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
    return this.fullDate.format(new Date(time));
  }

  /**
   * The short form in a list: the clock today, the weekday for a week, else the day, with its year if another. The
   * server writes the same, with the same words.
   * @param {string} time
   * @param {Date} [now]
   */
  brief(time, now = new Date()) {
    const ago = this.#daysAgo(time, now);
    if (ago === 0) return this.timeOfDay(time);
    const { texts } = this.catalogue;
    const [year, month, day] = this.day(time).split("-").map(Number);
    // A calendar knows no zone: the day is that of the reader already.
    if (ago > 0 && ago < 7) return /** @type {any} */ (texts).weekdays[(new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7];
    const isThisYear = this.dayKey.format(now).startsWith(`${year}-`);
    const values = { day: `${day}`, month: /** @type {any} */ (texts).months[month - 1], number: `${month}`, year: `${year}` };
    return this.catalogue.text(isThisYear ? "day_month" : "day_month_year", values);
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
    return Math.round((Date.parse(this.dayKey.format(now)) - Date.parse(this.day(time))) / 86_400_000);
  }
}
