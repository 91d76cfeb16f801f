/** @file Says how large the shipped files are, gzipped, and fails when one is over its budget. */

import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FOLDERS = ["src/django_pairchat/static/pairchat/", "src/django_pairchat/notifications/static/pairchat/"];
const BUDGETS = {
  ...{ "pairchat.js": 9_000, "pairchat-room.js": 12_000, "pairchat-inbox.js": 6_000, "pairchat-links.js": 2_000 },
  ...{ "pairchat-files.js": 6_000, "pairchat-held.js": 2_000, "pairchat-emoji.js": 2_000, "pairchat-search.js": 3_000, "pairchat-popups.js": 6_000, "pairchat-rows.js": 6_000, "pairchat-inbox.css": 1_500, "pairchat-preferences.css": 1_000, "pairchat-quick.css": 500, "pairchat-quick.js": 2_500, "pairchat-watch.js": 3_000, "pairchat-attention.js": 4_500 },
  ...{ "pairchat-push.js": 3_000, "pairchat-push-worker.js": 1_000, "pairchat.css": 8_000 },
  ...{ "pairchat-dock.js": 6_000, "pairchat-dock.css": 2_000, "pairchat-media.css": 3_000, "pairchat-topic.css": 1_000, "pairchat-topic.js": 1_000, "pairchat-cards.js": 4_000, "pairchat-cards.css": 1_000, "pairchat-photo.js": 6_000, "pairchat-voice.js": 6_000, "pairchat-client.js": 14_000 },
};
/** What a page with a room has to load before anybody can write: together no more than this. */
const AT_ONCE = ["pairchat.js", "pairchat-room.js"];
const AT_ONCE_BUDGET = 20_000;

let atOnce = 0;
for (const [name, budget] of Object.entries(BUDGETS)) {
  const path = FOLDERS.map((folder) => folder + name).find(existsSync) ?? name;
  const size = gzipSync(readFileSync(path), { level: 9 }).length;
  console.log(`${name}: ${size} of ${budget} bytes gzipped`);
  if (size > budget) process.exitCode = 1;
  if (AT_ONCE.includes(name)) atOnce += size;
}
console.log(`${AT_ONCE.join(" and ")}: ${atOnce} of ${AT_ONCE_BUDGET} bytes gzipped`);
if (atOnce > AT_ONCE_BUDGET) process.exitCode = 1;
