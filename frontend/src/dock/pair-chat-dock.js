/** @file `<pair-chat-dock>`: the button in the corner of a page. What it opens outlives the element, as a page swap does. */

import { ChatClient } from "../core.js";
import { Dock } from "./dock.js";

/** The one of this page and of the person who is signed in. @type {Dock | undefined} */
let current;

export class PairChatDock extends HTMLElement {
  connectedCallback() {
    const { me = "", ws = "", api = "" } = this.dataset;
    if (!me) return;
    const client = ChatClient.shared({ user: me, ws, api });
    if (current?.client !== client) {
      current?.end();
      current = new Dock(client);
    }
    current.begin(this);
  }

  disconnectedCallback() {
    current?.leave(this);
  }

  /**
   * Opens a room over the page. False: there is no such room, or it could not be had.
   * @param {string} room
   */
  async open(room) {
    return (await current?.open(room, this)) ?? false;
  }
}
