/** @file Bundles the browser client into the files that are shipped and committed, or into a folder that is named. */

import { build } from "esbuild";

await build({
  entryPoints: { pairchat: "frontend/src/index.js", "pairchat-files": "frontend/src/files/index.js" },
  outdir: process.argv[2] ?? "src/django_pairchat/static/pairchat",
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "info",
});
