/** @file Puts into this folder what is packed and made from other files: the bundle, its types, the licence. */

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const STATIC = "../../src/django_pairchat/static/pairchat/";

for (const name of ["pairchat-client.js", "pairchat-client.js.map"]) copyFileSync(here(STATIC + name), here(name));
copyFileSync(here("../../LICENSE"), here("LICENSE"));
rmSync(here("types"), { recursive: true, force: true });
execFileSync(process.execPath, [here("../../node_modules/typescript/bin/tsc"), "--project", here("tsconfig.json")], { stdio: "inherit" });
copyFileSync(here("../src/wire.d.ts"), here("types/wire.d.ts"));
