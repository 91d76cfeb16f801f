/** @file Emoji by their names in the reader's language. */

/**
 * @typedef {{emoji: string, name: string, words: string}} Named
 * @typedef {[label: string, emoji: string, names: string][]} Names as the files of names have them
 */

/**
 * @param {Names} names
 * @returns {{label: string, members: Named[]}[]}
 */
export function groupsOf(names) {
  return names.map(([label, emoji, lines]) => {
    const each = lines.split("\n");
    const members = emoji.split(" ").map((sign, at) => ({ emoji: sign, name: each[at].split(",")[0], words: folded(each[at]) }));
    return { label, members };
  });
}

/**
 * Those whose name or keywords contain every word of the query; a word that begins so comes first.
 * @param {Named[]} all
 * @param {string} query
 */
export function found(all, query) {
  const wanted = folded(query).split(/\s+/).filter(Boolean);
  const hits = all.filter(({ words }) => wanted.every((word) => words.includes(word)));
  const rank = (/** @type {Named} */ { words }) => Number(!(` ${words}`.includes(` ${wanted[0]}`) || words.includes(`,${wanted[0]}`)));
  return wanted.length ? hits.sort((a, b) => rank(a) - rank(b)) : [];
}

/**
 * Without accents and capitals, as people type who look for something. Hangul is composed again.
 * @param {string} text
 */
function folded(text) {
  return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").normalize("NFC");
}
