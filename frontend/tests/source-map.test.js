import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { test } from "node:test";

const STATIC = new URL("../../src/django_pairchat/static/pairchat/", import.meta.url);
const OF_NOTIFICATIONS = new URL("../../src/django_pairchat/notifications/static/pairchat/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);

const MODULES = ["pairchat.js", ...["attention", "client", "dock", "files", "inbox", "links", "popups", "room", "watch"].map((name) => `pairchat-${name}.js`)];

for (const name of [...MODULES, "pairchat-push.js"]) {
  const folder = name === "pairchat-push.js" ? OF_NOTIFICATIONS : STATIC;
  const code = readFileSync(new URL(name, folder), "utf8");
  const map = JSON.parse(readFileSync(new URL(`${name}.map`, folder), "utf8"));

  test(`${name} says where its source map is`, () => {
    assert.match(code, new RegExp(`\n//# sourceMappingURL=${name}\\.map\n$`));
  });

  test(`the source map of ${name} holds the modules as they are`, () => {
    for (const [index, source] of map.sources.entries()) {
      assert.equal(map.sourcesContent[index], readFileSync(new URL(source, ROOT), "utf8"), source);
    }
  });

  test(`the source map of ${name} leads from a text to the line that says it`, () => {
    const found = new SourceMap(map);
    const places = [...code.matchAll(/"(keydown|click|pointerdown|paste|toggle|message|visibilitychange|reactions|pc-link)"/g)];
    assert.ok(places.length);
    for (const { 1: text, index } of places) {
      const lines = code.slice(0, index).split("\n");
      const { originalSource, originalLine } = found.findEntry(lines.length - 1, lines.at(-1).length);
      const content = map.sourcesContent[map.sources.indexOf(originalSource)];
      assert.ok(content.split("\n")[originalLine].includes(text), `${text} at ${index}: ${originalSource}`);
    }
  });
}
