/** @file The page's catalogue, dates and language in one place, read from what the server rendered. */

import { Catalogue } from "./messages-catalog.js";
import { Dates } from "./dates.js";

/** What was read last: a page that is swapped in may have lost its own with its head. */
let kept = "{}";

export class Words extends Catalogue {
  /** @param {string} [json] that of the newest page, where a swap has left an older one in the head */
  constructor(json = (kept = [...document.querySelectorAll("#pc-catalogue")].pop()?.textContent ?? kept)) {
    const texts = JSON.parse(json);
    const language = typeof texts.lang === "string" ? texts.lang : document.documentElement.lang || "en";
    super(texts, language);
    this.language = language;
    this.dates = new Dates(this, language);
  }

  /**
   * What to say about a refusal: the server's own sentence, ours for its code, or that nothing came back.
   * @param {{code?: string, message?: string}} problem
   * @param {string} [otherwise]
   */
  refusal({ code, message }, otherwise = "file_broken") {
    return message || this.texts[`error_${code}`]?.toString() || this.text(otherwise);
  }
}
