/** The files on their way: which may go, which one is next, and where a text goes whose file does not. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue, canRetry, pastedFiles, refusalOf } from "../src/files/queue.js";
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
