/** @file Messages, rooms and pages for the tests. */

export function message(seq, rev = seq, more = {}) {
  return {
    room: "5",
    seq,
    rev,
    sender: "9",
    client_id: null,
    kind: "text",
    content: `text ${seq}`,
    reactions: {},
    created_at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

export function messages(first, last, more = {}) {
  return Array.from({ length: last - first + 1 }, (_, index) => message(first + index, first + index, more));
}

export function room({ me = {}, peer = {}, ...more } = {}) {
  return {
    room: "5",
    epoch: "e1",
    head: 0,
    rev: 0,
    state: "s1",
    unread: 0,
    me: { read: 0, cleared: 0, muted_until: null, archived: false, pinned: false, marked_unread: false, blocked: false, ...me },
    peer: { user: "9", name: "민수", avatar: null, url: null, read: 0, delivered: 0, ...peer },
    topic: null,
    can_send: true,
    last_message: null,
    last_message_at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

export function page(list, more = {}) {
  return { epoch: "e1", rev: list.at(-1)?.rev ?? 0, messages: list, has_before: false, has_after: false, ...more };
}

/** A localStorage of its own, whose entries are its properties; it refuses everything while `full`. */
export class MemoryStorage {
  #full = false;

  set full(full) {
    this.#full = full;
  }

  get length() {
    return Object.keys(this).length;
  }

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    if (this.#full) throw new Error("quota");
    this[key] = value;
  }

  removeItem(key) {
    delete this[key];
  }
}

/** Lets every promise that can go on go on. */
export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await null;
}
