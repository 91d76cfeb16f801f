/** @file Says how large the shipped files are, gzipped, and fails when one is over its budget. */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FOLDER = "src/django_pairchat/static/pairchat/";
const BUDGETS = { "pairchat.js": 20_000, "pairchat-files.js": 6_000, "pairchat.css": 8_000 };

for (const [name, budget] of Object.entries(BUDGETS)) {
  const size = gzipSync(readFileSync(FOLDER + name), { level: 9 }).length;
  console.log(`${name}: ${size} of ${budget} bytes gzipped`);
  if (size > budget) process.exitCode = 1;
}
