/**
 * @file Writes the names of emoji in each language of the chat, from the data of Unicode CLDR.
 *
 * That data takes 90 MB and changes once a year, so it is no dependency of the repository. To write the files again:
 *
 *     npm install --no-save cldr-annotations-full@48.2.0 cldr-misc-full@48.2.0
 *     node frontend/emoji/names.mjs
 */

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const LANGUAGES = { ar: "ar", de: "de", en: "en", es: "es", fr: "fr", ja: "ja", ko: "ko", "zh-hans": "zh" };
const FOLDER = "src/django_pairchat/static/pairchat/";
const HEADER = "/* Names of emoji from Unicode CLDR 48. Copyright Unicode, Inc., see pairchat-emoji-license.txt. */";
/** The first emoji have keywords beside their names, as many of them as the budget allows. */
const KEYWORDS = 2;
const BUDGET_BYTES = 5_950;

const require = createRequire(`${process.argv[2] ?? process.cwd()}/`);
const choice = JSON.parse(await readFile("frontend/emoji/choice.json", "utf-8"));

for (const [language, cldr] of Object.entries(LANGUAGES)) {
  const { annotations } = require(`cldr-annotations-full/annotations/${cldr}/annotations.json`).annotations;
  const labels = require(`cldr-misc-full/main/${cldr}/characterLabels.json`).main[cldr].characterLabels;
  let text = "";
  for (let left = 500; left >= 0; left -= 5) {
    let number = 0;
    const groups = Object.entries(choice).map(([group, emoji]) => {
      const named = emoji.split(" ").map((/** @type {string} */ one) => words(annotations, one, (number += 1) <= left ? KEYWORDS : 0));
      return [labels[group], emoji, named.join("\n")];
    });
    text = `${HEADER}\nexport default ${JSON.stringify(groups)};\n`;
    if (gzipSync(text, { level: 9 }).length <= BUDGET_BYTES) break;
  }
  await writeFile(`${FOLDER}pairchat-emoji-${language}.js`, text);
}
const license = require.resolve("cldr-annotations-full/package.json").replace("package.json", "LICENSE");
await writeFile(`${FOLDER}pairchat-emoji-license.txt`, await readFile(license));

/**
 * The name, and the keywords that say something else, with commas between them.
 * @param {Record<string, {default: string[], tts: string[]}>} annotations
 * @param {string} emoji
 * @param {number} count of keywords
 */
function words(annotations, emoji, count) {
  const { default: keywords = [], tts } = annotations[emoji] ?? annotations[emoji.replaceAll("\ufe0f", "")];
  const [name] = tts;
  const others = keywords.filter((keyword) => !name.toLowerCase().includes(keyword.toLowerCase()));
  others.sort((a, b) => a.length - b.length);
  return [name, ...others.slice(0, count)].map((word) => word.replaceAll(",", "")).join(",");
}
