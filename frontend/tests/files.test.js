/** The files on their way: which may go, which one is next, and where a text goes whose file does not. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue, canRetry, pastedFiles, refusalOf } from "../src/files/queue.js";
import { uploadByFetch } from "../src/client/upload.js";
import { problemOf } from "../src/files/upload.js";
import { Disconnected } from "../src/protocol.js";

const LIMITS = { accept: ".jpg,.pdf", limitBytes: 100 };
const file = (/** @type {string} */ name, size = 10) => /** @type {File} */ ({ name, size });

function queued(/** @type {string[]} */ ...names) {
  const queue = new Queue(LIMITS);
  queue.add(names.map((name) => file(name)));
  return queue;
}

const names = (/** @type {Queue} */ queue) => queue.items.map(({ file }) => file.name);

test("a file is refused at once for what the server would refuse it for", () => {
  assert.equal(refusalOf(file("A.JPG"), LIMITS), "");
  assert.equal(refusalOf(file("page.html"), LIMITS), "unsupported");
  assert.equal(refusalOf(file("jpg"), LIMITS), "unsupported");
  assert.equal(refusalOf(file("a.pdf", 101), LIMITS), "too_large");
  assert.equal(refusalOf(file("a.pdf", 100), LIMITS), "");
  assert.equal(refusalOf(file("a.pdf", 0), LIMITS), "bad_request");
});

test("files go in the order of their choice, once they are sent, the text with the first that can go", () => {
  const queue = queued("page.html", "a.jpg", "b.pdf");
  assert.equal(queue.next(), null);
  assert.ok(queue.ready);
  queue.submit({ content: "both", replyTo: 7 });
  assert.ok(!queue.ready);
  const first = queue.next();
  assert.deepEqual([first?.file.name, first?.content, first?.replyTo], ["a.jpg", "both", 7]);
  if (first) queue.done(first);
  assert.deepEqual([queue.next()?.file.name, queue.next()?.content], ["b.pdf", ""]);
});

test("photos that go together are an album of ten at most, and nothing else is in it", () => {
  const queue = queued("a.jpg", "b.pdf", "c.jpg");
  for (const item of queue.items) if (item.file.name.endsWith(".jpg")) Object.assign(item.file, { type: "image/jpeg" });
  queue.submit({ content: "", replyTo: null });
  const [first, pdf, second] = queue.items.map(({ album }) => album);
  assert.ok(first);
  assert.deepEqual([pdf, second], [undefined, first]);
  const many = queued(...Array.from({ length: 11 }, (_, at) => `${at}.jpg`));
  for (const { file } of many.items) Object.assign(file, { type: "image/jpeg" });
  many.submit({ content: "", replyTo: null });
  const albums = many.items.map(({ album }) => album);
  assert.equal(new Set(albums.slice(0, 10)).size, 1);
  assert.equal(albums[10], undefined);
  const alone = queued("a.jpg");
  alone.submit({ content: "", replyTo: null });
  assert.equal(alone.items[0].album, undefined);
});

test("what is chosen while others are under way waits for the person", () => {
  const queue = queued("a.jpg");
  queue.submit({ content: "", replyTo: null });
  queue.add([file("b.jpg")]);
  const [first] = queue.items;
  queue.done(first);
  assert.equal(queue.next(), null);
  assert.ok(queue.ready);
});

test("a broken connection holds the others up, a refusal does not", () => {
  const queue = queued("a.jpg", "b.jpg");
  queue.submit({ content: "", replyTo: null });
  const [first, second] = queue.items;
  first.state = "broken";
  assert.equal(queue.next(), null);
  assert.ok(queue.resume());
  assert.equal(queue.next(), first);
  Object.assign(first, { state: "refused", code: "rejected" });
  assert.equal(queue.next(), second);
  assert.ok(!queue.resume());
  assert.equal(first.state, "refused");
});

test("a file keeps its id and its upload when it is tried again, and its place", () => {
  const queue = queued("a.jpg", "b.jpg");
  queue.submit({ content: "", replyTo: null });
  const [first] = queue.items;
  const { client_id } = first;
  Object.assign(first, { state: "refused", code: "rejected", upload: "token" });
  queue.retry(first);
  assert.equal(queue.next(), first);
  assert.deepEqual([first.client_id, first.upload], [client_id, "token"]);
});

test("what would be refused for ever offers no second try", () => {
  const queue = queued("page.html");
  const [item] = queue.items;
  assert.ok(!canRetry(item));
  queue.retry(item);
  assert.equal(item.state, "refused");
});

test("the text of a file that is taken away goes with the next one, or back to the person", () => {
  const queue = queued("a.jpg", "b.jpg");
  queue.submit({ content: "look", replyTo: 7 });
  const [first, second] = queue.items;
  assert.equal(queue.remove(first), "");
  assert.deepEqual([second.content, second.replyTo], ["look", 7]);
  assert.equal(queue.remove(second), "look");
  assert.deepEqual(names(queue), []);
});

test("a paste brings its files, unless it is a text with a picture of itself", () => {
  const paste = (/** @type {string[]} */ ...types) => /** @type {any} */ ({ types, files: [file("image.png")] });
  assert.equal(pastedFiles(paste("Files")).length, 1);
  assert.equal(pastedFiles(paste("text/html", "Files")).length, 1);
  assert.equal(pastedFiles(paste("text/html", "text/rtf", "Files")).length, 0);
  assert.equal(pastedFiles(null).length, 0);
});

test("a note book's text comes with a picture of it, a copied picture with an element, a file with its name", () => {
  const paste = (/** @type {string} */ html, /** @type {string[]} */ ...types) =>
    /** @type {any} */ ({ types: [...types, "Files"], files: [file("image.png")], getData: () => html });
  const note = "<html><body><!--StartFragment--><p>Buy milk</p><!--EndFragment--></body></html>";
  assert.equal(pastedFiles(paste(note, "text/plain", "text/html")).length, 0);
  assert.equal(pastedFiles(paste('<meta charset="utf-8"><img src="https://x.example/a.png">', "text/plain", "text/html")).length, 1);
  assert.equal(pastedFiles(paste("", "text/plain")).length, 1);
});

test("an answer is an upload, a refusal, or no answer at all", () => {
  const code = (/** @type {number} */ status, /** @type {any} */ answer) => /** @type {any} */ (problemOf(status, answer))?.code;
  assert.equal(problemOf(201, { upload: "token" }), null);
  assert.equal(code(429, { code: "rate_limited", retry_after: 2 }), "rate_limited");
  assert.equal(code(413, null), "too_large");
  assert.equal(code(200, null), "unauthenticated");
  assert.equal(code(403, null), "refused");
  assert.ok(problemOf(0, null) instanceof Disconnected);
  assert.ok(problemOf(502, null) instanceof Disconnected);
});

test("with a voice message goes how long it is and how it looks, with another file nothing", async () => {
  /** @type {FormData[]} */
  const forms = [];
  const bring = uploadByFetch(async (_address, init) => {
    forms.push(/** @type {FormData} */ (init?.body));
    return Response.json({ upload: "token" }, { status: 201 });
  });
  const what = { api: "/", room: "1", user: "2", file: new File(["sound"], "voice.m4a"), headers: {} };
  const how = { signal: new AbortController().signal, progress: () => {} };
  await bring({ ...what, ...how, voice: { duration: 1.5, waveform: [5, 100] } });
  await bring({ ...what, ...how });
  assert.deepEqual(forms.map((form) => form.get("voice")), ['{"duration":1.5,"waveform":[5,100]}', null]);
});
