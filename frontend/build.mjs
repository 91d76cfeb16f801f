/** @file Bundles the browser client into the files that are shipped and committed, or into a folder that is named. */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";

const { outputFiles } = await build({
  entryPoints: { pairchat: "frontend/src/index.js", "pairchat-files": "frontend/src/files/index.js" },
  outdir: process.argv[2] ?? "src/django_pairchat/static/pairchat",
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "info",
  write: false,
});
for (const { path, text } of outputFiles) {
  // What a second minifier finds is half a kilobyte of what a phone has to load.
  const { code = "" } = await minify(text, { module: true, ecma: 2020, compress: { passes: 2 } });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${code}\n`);
}
