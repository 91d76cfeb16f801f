/** @file Bundles the browser client into the one file that is shipped and committed. */

import { build } from "esbuild";

await build({
  entryPoints: ["frontend/src/index.js"],
  outfile: "src/django_pairchat/static/pairchat/pairchat.js",
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "info",
});
