import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { INTERNAL } from "../internal-names.mjs";

const PACKAGE = new URL("../../src/django_pairchat/", import.meta.url);
const PROTOCOL = readFileSync(new URL("../../docs/reference/asyncapi.yaml", import.meta.url), "utf8");
const TEMPLATES = texts("templates/", ".html").join("\n");
const CATALOGUE = readFileSync(new URL("web/javascript_catalog.py", PACKAGE), "utf8");
const REQUESTS = readFileSync(new URL("protocol/requests.py", PACKAGE), "utf8");

/** The texts of all files with this ending below a folder of the package. */
function texts(folder, ending) {
  return readdirSync(new URL(folder, PACKAGE), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(folder + name, PACKAGE), "utf8"));
}

/** What a pattern's first group finds, everywhere in a text. */
function found(text, pattern) {
  return new Set([...text.matchAll(pattern)].map(([, name]) => name));
}

const camelCase = (name) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());

/** What each kind of known name must contain, so that a reading that finds nothing does not pass. */
const KNOWN = {
  "a request type": { names: found(REQUESTS, /^ {4}type: ClassVar\[str\] = "(\w+)"$/gm), among: ["send", "react", "sync"] },
  "a field or a word of the protocol": {
    names: new Set([...fieldsOf(PROTOCOL), ...wordsOf(PROTOCOL)]),
    among: ["client_id", "retry_after", "reply", "presence", "message", "bye"],
  },
  "a value of a data-pc attribute": {
    names: found(TEMPLATES, /\sdata-pc-\w+="([\w-]+)"/g),
    among: ["reply", "react-other", "content", "connection"],
  },
  "a data attribute": {
    names: new Set([...found(TEMPLATES, /\sdata-([a-z-]+)/g)].map(camelCase)),
    among: ["replyTo", "seq", "roomUrl"],
  },
  "a key of the catalogue": { names: found(CATALOGUE, /"([\w-]+)":/g), among: ["paused", "photo", "signed-out"] },
};

/** The names below each `properties:` of a schema, on lines of their own or within braces. */
function fieldsOf(schema) {
  const fields = new Set();
  let indent = Infinity;
  for (const line of schema.split("\n")) {
    const depth = line.search(/\S/);
    if (depth >= 0 && depth < indent) indent = Infinity;
    if (depth === indent) fields.add(line.trim().split(":")[0]);
    if (/^\s*properties:\s*$/.test(line)) indent = depth + 2;
    const inline = /properties: \{(.*)\}/.exec(line);
    for (const [, name] of inline?.[1].matchAll(/(\w+): \{/g) ?? []) fields.add(name);
  }
  return fields;
}

/** The values that lists and constants of the schemas allow. */
function wordsOf(schema) {
  const lists = [...schema.matchAll(/enum: \[([^\]]*)\]/g)].flatMap(([, list]) => list.split(/,\s*/));
  return new Set([...lists, ...found(schema, /const: "?(\w+)/g)]);
}

for (const [kind, { names, among }] of Object.entries(KNOWN)) {
  test(`no shortened name is ${kind}`, () => {
    for (const name of among) assert.ok(names.has(name), `${name} was not found: the reading of this test is out of date`);
    assert.deepEqual(INTERNAL.filter((name) => names.has(name)), []);
  });
}

test("no shortened name is listed twice", () => {
  assert.equal(new Set(INTERNAL).size, INTERNAL.length);
});

test("none of them is a word that the browser itself reads from what we give it", () => {
  const options = ["bubbles", "cancelable", "composed", "detail", "signal", "passive", "once", "capture", "method", "headers"];
  const more = ["body", "credentials", "cache", "keepalive", "dateStyle", "timeStyle", "timeZone", "behavior", "block"];
  assert.deepEqual([...options, ...more].filter((name) => INTERNAL.includes(name)), []);
});
