/** @file The words of the page's language, from the JSON catalogue that the server renders. */

/** @typedef {Record<string, string | Record<string, string>>} Texts */

export class Catalogue {
  /**
   * @param {Texts} texts
   * @param {string} language
   */
  constructor(texts, language) {
    this.texts = texts;
    this.plurals = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language);
  }

  /**
   * @param {string} key
   * @param {Record<string, string>} [values]
   */
  text(key, values = {}) {
    const text = this.texts[key];
    return fill(typeof text === "string" ? text : key, values);
  }

  /**
   * Return the form for this number. `shown` is written instead of it.
   * @param {string} key
   * @param {number} count
   * @param {string} [shown]
   */
  plural(key, count, shown) {
    const forms = this.texts[key];
    const form = typeof forms === "object" ? (forms[this.plurals.select(count)] ?? forms.other) : forms;
    return fill(form ?? key, { count: shown || this.numbers.format(count) });
  }
}

/**
 * @param {string} text
 * @param {Record<string, string>} values
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
