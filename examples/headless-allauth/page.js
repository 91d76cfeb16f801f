// A page of another origin for a site with django-allauth's headless API: its session token proves who asks.
// No build: beside this file lie pairchat-client.js, from the static files of django-pairchat, and site.js, which exports
// the address of the site.

import { PairchatClient } from "./pairchat-client.js";
import { SITE } from "./site.js";

const AUTH = `${SITE}/_allauth/app/v1/auth`;
const [signIn, write] = document.forms;
const [state, rooms, list] = ["state", "rooms", "messages"].map((id) => document.getElementById(id));

signIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = signIn.elements;
  const answer = await fetch(`${AUTH}/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: email.value, password: password.value }),
  });
  const { data, meta } = await answer.json();
  if (!answer.ok) {
    state.textContent = "The address or the password is wrong.";
    return;
  }
  signIn.hidden = true;
  begin(String(data.user.id), meta.session_token);
});

function begin(user, token) {
  const client = new PairchatClient({
    base: `${SITE}/chat/`,
    user,
    // There is nothing to renew: after a refusal the person signs in again.
    authenticate: async ({ refused }) => (refused ? null : { "X-Session-Token": token }),
    storage: localStorage,
  });
  client.listen(() => {
    state.textContent = client.state === "open" ? "Online" : client.state;
    signIn.hidden = client.state !== "signed-out";
  });
  client.start();
  const inbox = client.inbox();
  inbox.subscribe(() => rooms.replaceChildren(...inbox.getSnapshot().rooms.map((room) => button(client, room))));
}

function button(client, { room, peer, unread }) {
  const made = document.createElement("button");
  made.textContent = unread ? `${peer.name} (${unread})` : peer.name;
  made.addEventListener("click", () => show(client.room(room)));
  return made;
}

let leave = () => {};

function show(room) {
  leave();
  const render = () => {
    const { messages, pending } = room.getSnapshot();
    list.replaceChildren(...[...messages, ...pending].map(({ content }) => {
      const item = document.createElement("li");
      item.textContent = content;
      return item;
    }));
    room.markRead();
  };
  leave = room.subscribe(render);
  render();
  write.hidden = false;
  write.onsubmit = (event) => {
    event.preventDefault();
    const { content } = write.elements;
    if (content.value.trim()) room.send(content.value);
    content.value = "";
  };
}
