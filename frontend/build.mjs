/** @file Bundles the browser client, with source maps, into the files that are shipped, or into a folder that is named. */

import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";
import { INTERNAL } from "./internal-names.mjs";

/** @type {import("esbuild").BuildOptions & {write: false}} */
const alone = {
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  sourcemap: "external",
  logLevel: "info",
  write: false,
};
const options = {
  ...alone,
  outdir: process.argv[2] ?? "src/django_pairchat/static/pairchat",
  mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
};
const main = await build({ ...options, entryPoints: { pairchat: "frontend/src/index.js" }, mangleCache: {} });
// The other modules call the first one's parts by the same short names.
const others = await build({
  ...options,
  entryPoints: Object.fromEntries(["attention", "cards", "dock", "emoji", "files", "held", "inbox", "links", "photo", "popups", "quick", "room", "rows", "search", "topic", "voice", "watch"].map((name) => [`pairchat-${name}`, `frontend/src/${name}/index.js`])),
  mangleCache: main.mangleCache,
});
// For front ends of other people's: complete by itself, and whoever calls it needs its names.
const client = await build({ ...alone, outdir: options.outdir, entryPoints: { "pairchat-client": "frontend/src/client/index.js" } });
// Of the app of notifications. Nobody else calls their parts, and a service worker is no module.
const ofPush = { ...alone, outdir: process.argv[2] ?? "src/django_pairchat/notifications/static/pairchat" };
const push = await build({ ...ofPush, entryPoints: { "pairchat-push": "frontend/src/push/index.js" } });
const worker = await build({
  ...ofPush,
  format: "iife",
  sourcemap: false,
  entryPoints: { "pairchat-push-worker": "frontend/src/push/worker.js" },
});
const COMPRESS = { passes: 3, inline: 0, sequences: false, keep_fargs: false, unsafe_arrows: true, hoist_vars: true };
const built = [main, others, client, push, worker].flatMap(({ outputFiles }) => outputFiles);
const files = new Map(built.map(({ path, text }) => [path, text]));
for (const [path, text] of files) {
  if (!path.endsWith(".js")) continue;
  // What a second minifier finds is half a kilobyte of what a phone has to load.
  const { code = "", map = "" } = await minify(text, {
    module: true,
    ecma: 2022,
    compress: COMPRESS,
    format: { ascii_only: true },
    // The worker is not served from where its map would be.
    sourceMap: files.has(`${path}.map`) && { content: files.get(`${path}.map`), url: `${basename(path)}.map`, includeSources: true },
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${code}\n`);
  if (map) await writeFile(`${path}.map`, `${fromTheRoot(String(map))}\n`);
}

/**
 * Names the sources as in the repository, wherever the bundle is written to.
 * @param {string} text of a source map
 */
function fromTheRoot(text) {
  const map = JSON.parse(text);
  map.sources = map.sources.map((/** @type {string} */ source) => source.slice(source.indexOf("frontend/")));
  return JSON.stringify(map);
}
