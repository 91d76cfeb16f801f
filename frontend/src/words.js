/** @file The page's catalogue, dates and language in one place, read from what the server rendered. */

import { Catalogue } from "./catalogue.js";
import { Dates } from "./dates.js";

export class Words extends Catalogue {
  /** @param {string} [json] */
  constructor(json = document.getElementById("pc-catalogue")?.textContent ?? "{}") {
    const texts = JSON.parse(json);
    const language = typeof texts.lang === "string" ? texts.lang : document.documentElement.lang || "en";
    super(texts, language);
    this.language = language;
    this.dates = new Dates(this, language);
  }

  /**
   * What to say about a refusal: the server's own sentence, or ours for its code.
   * @param {{code?: string, message?: string}} problem
   */
  refusal({ code, message }) {
    return message || this.texts[`error_${code}`]?.toString() || this.text("send_failed");
  }
}
