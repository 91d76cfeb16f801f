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
   * @param {string} key
   * @param {number} count
   * @param {Record<string, string>} [values]
   */
  plural(key, count, values = {}) {
    const forms = this.texts[key];
    const form = typeof forms === "object" ? (forms[this.plurals.select(count)] ?? forms.other) : forms;
    return fill(form ?? key, { ...values, count: this.numbers.format(count) });
  }
}

/**
 * @param {string} text
 * @param {Record<string, string>} values
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
