/**
 * @file `<pair-chat-attention>`: shows nothing itself. While one is on the page, whatever else is swapped, the page draws
 * attention to the person's new messages.
 */

import { ChatClient, Words } from "../core.js";
import { Attention } from "./attention.js";

/** A page swap takes the elements away and brings them back. */
const LINGER_MS = 1_000;

/** The one of this page, for however many elements. @type {Attention | undefined} */
let current;
/** @type {Set<HTMLElement>} */
const elements = new Set();

export class PairChatAttention extends HTMLElement {
  connectedCallback() {
    elements.add(this);
    const { me = "", ws = "", api = "" } = this.dataset;
    if (!elements.has(this) || !me) return;
    const client = ChatClient.shared({ user: me, ws, api });
    if (current && current.client !== client) {
      current.stop();
      current = undefined;
    }
    current ??= new Attention(client, new Words(), this.dataset);
    current.count(Number(this.dataset.count));
  }

  disconnectedCallback() {
    elements.delete(this);
    setTimeout(() => {
      if (elements.size) return;
      current?.stop();
      current = undefined;
    }, LINGER_MS);
  }
}
