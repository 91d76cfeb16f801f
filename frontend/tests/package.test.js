import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGE = join(ROOT, "frontend/package");
const folder = mkdtempSync(join(tmpdir(), "pairchat-package-"));

/** As an app written in TypeScript uses it. */
const CONSUMER = `
import { PairchatClient, Refusal, asyncStorage, type Message, type RoomState } from "django-pairchat";

const kept = new Map<string, string>();
const client = new PairchatClient({
  base: "https://shop.example/chat/",
  user: "17",
  authenticate: async ({ refused }) => (refused ? null : { Authorization: "Bearer x" }),
  storage: asyncStorage({
    getItem: async (key) => kept.get(key) ?? null,
    setItem: async (key, value) => void kept.set(key, value),
    removeItem: async (key) => void kept.delete(key),
    getAllKeys: async () => [...kept.keys()],
  }),
});
export const leave: () => void = client.start();
const room = client.room("5");
export const off = room.subscribe(() => {
  const state: RoomState = room.getSnapshot();
  const newest: Message | undefined = state.messages.at(-1);
  const width: number | null | undefined = newest?.attachment?.width;
  console.log(newest?.content, width, state.presence?.online);
});
export async function search(): Promise<string[]> {
  try {
    const { messages } = await client.request("search", { query: "bicycle" });
    return messages.map(({ content }) => content);
  } catch (problem) {
    if (problem instanceof Refusal) return [problem.code];
    throw problem;
  }
}
`;

before(() => {
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: PACKAGE, encoding: "utf8" }));
  const installed = join(folder, "node_modules/django-pairchat");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components=1"]);
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says of a consumer's text; "" is nothing. */
function compiled(text) {
  writeFileSync(join(folder, "consumer.ts"), text);
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--types", "", "--lib", "es2022,dom,dom.iterable"];
  return spawnSync(process.execPath, [compiler, ...options, "consumer.ts"], { cwd: folder, encoding: "utf8" }).stdout;
}

test("a consumer compiles against the package's types", () => {
  assert.equal(compiled(CONSUMER), "");
});

test("the types refuse a key that is a number, an unknown request and a missing field", () => {
  assert.match(compiled(CONSUMER.replace('user: "17"', "user: 17")), /Type 'number' is not assignable/);
  assert.match(compiled(CONSUMER.replace('"search"', '"serach"')), /is not assignable/);
  assert.match(compiled(CONSUMER.replace('{ query: "bicycle" }', "{}")), /'query' is missing/);
});

test("the package runs without a page", () => {
  const text = 'import * as all from "django-pairchat"; console.log(Object.keys(all).sort().join());';
  writeFileSync(join(folder, "run.mjs"), text);
  const said = execFileSync(process.execPath, ["run.mjs"], { cwd: folder, encoding: "utf8" });
  assert.equal(said.trim(), "ChatInbox,ChatRoom,Disconnected,PairchatClient,Refusal,asyncStorage,memoryStorage");
});

test("it has the version of the Python package, and each file once", () => {
  const [, version] = /^version = "(.+)"$/m.exec(readFileSync(join(ROOT, "pyproject.toml"), "utf8")) ?? [];
  const packed = JSON.parse(readFileSync(join(folder, "node_modules/django-pairchat/package.json"), "utf8"));
  // npm writes 1.0.0-rc.1 for what Python calls 1.0.0rc1.
  assert.equal(packed.version.replace(/-([a-z]+)\./, "$1"), version);
  const shipped = readFileSync(join(folder, "node_modules/django-pairchat/pairchat-client.js"));
  assert.deepEqual(shipped, readFileSync(join(ROOT, "src/django_pairchat/static/pairchat/pairchat-client.js")));
});
