/** @file Is this one emoji? The server decides; this saves the question. */

const PRESENTATION = "\ufe0f";

/** @type {RegExp} */
const EMOJI = (() => {
  try {
    return new RegExp("^\\p{RGI_Emoji}$", "v");
  } catch {
    return /^\p{Extended_Pictographic}[\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f]*$/u;
  }
})();

/**
 * The emoji in its full form, or null. Keyboards leave out the presentation selector of the older ones.
 * @param {string} text
 */
export function oneEmoji(text) {
  const typed = text.trim();
  return [typed, typed + PRESENTATION].find((form) => EMOJI.test(form)) ?? null;
}
