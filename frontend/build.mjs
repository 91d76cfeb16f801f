/** @file Bundles the browser client into the one file that is shipped and committed, or into the one that is named. */

import { build } from "esbuild";

await build({
  entryPoints: ["frontend/src/index.js"],
  outfile: process.argv[2] ?? "src/django_pairchat/static/pairchat/pairchat.js",
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "info",
});
