/** @file Cases of the rules that server and client both implement; the Python tests run the same files. */

import { readFileSync } from "node:fs";

/** @param {string} name of a file in tests/shared/ */
export function shared(name) {
  return JSON.parse(readFileSync(new URL(`../../tests/shared/${name}.json`, import.meta.url), "utf8"));
}
