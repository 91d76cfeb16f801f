import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { PairchatClient } from "django-pairchat";

import { SITE, authenticate, signIn, signOut, whoIsSignedIn } from "./session.js";

const useLive = (live) => useSyncExternalStore(live.subscribe, live.getSnapshot);

export function App() {
  const [user, setUser] = useState(whoIsSignedIn);
  if (!user) return <SignIn onDone={() => setUser(whoIsSignedIn())} />;
  return <Chats key={user} user={user} onSignOut={() => (signOut(), setUser(null))} />;
}

function SignIn({ onDone }) {
  const [wrong, setWrong] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const { username, password } = Object.fromEntries(new FormData(event.target));
    if (await signIn(username, password)) onDone();
    else setWrong(true);
  };
  return (
    <form onSubmit={submit}>
      <label>Name <input name="username" autoComplete="username" /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" /></label>
      <button>Sign in</button>
      {wrong && <p role="alert">The name or the password is wrong.</p>}
    </form>
  );
}

function Chats({ user, onSignOut }) {
  const client = useMemo(
    () => new PairchatClient({ base: `${SITE}/chat/`, user, authenticate, storage: localStorage }),
    [user],
  );
  const [state, setState] = useState(client.state);
  const [key, setKey] = useState(null);
  useEffect(() => client.start(), [client]);
  useEffect(() => client.listen(() => setState(client.state)), [client]);
  useEffect(() => {
    if (state === "signed-out") onSignOut();
  }, [state]);

  // The site says whom a listing belongs to, and gives a token for the listing.
  const ask = async () => {
    const answer = await fetch(`${SITE}/api/listings/1/`, { headers: await authenticate({ refused: false }) });
    const { author, chat_topic: topic } = await answer.json();
    setKey((await client.open({ user: String(author), topic })).key);
  };

  return (
    <>
      <p role="status">{state === "open" || state === "polling" ? "Online" : "Connecting…"}</p>
      <button onClick={ask}>Ask about the bicycle</button>
      <Inbox inbox={useMemo(() => client.inbox(), [client])} onChoose={setKey} />
      {key && <Room key={key} client={client} room={client.room(key)} />}
    </>
  );
}

function Inbox({ inbox, onChoose }) {
  const { rooms } = useLive(inbox);
  return (
    <nav aria-label="Chats">
      {rooms.map(({ room, peer, unread }) => (
        <button key={room} onClick={() => onChoose(room)}>{peer.name}{unread > 0 && ` (${unread})`}</button>
      ))}
    </nav>
  );
}

function Room({ client, room }) {
  const { status, room: about, messages, pending, hasBefore, typing, presence } = useLive(room);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");

  useEffect(() => {
    const see = () => document.hasFocus() && room.markRead();
    see();
    addEventListener("focus", see);
    return () => removeEventListener("focus", see);
  }, [room, messages.at(-1)?.seq]);

  const submit = (event) => {
    event.preventDefault();
    if (text.trim()) room.send(text);
    setText("");
  };
  const sendPhoto = async ({ target }) => {
    setProblem("");
    await room.sendFile(target.files[0]).catch(({ message }) => setProblem(message || "Not sent. Try again."));
    target.value = "";
  };

  if (status === "loading") return <p>Loading…</p>;
  if (status === "gone") return <p>This chat is no longer there.</p>;
  return (
    <main>
      <h1>{about.peer.name} {presence?.online && <small>online</small>}</h1>
      {hasBefore && <button onClick={() => room.loadOlder()}>Older messages</button>}
      <ol aria-label="Messages">
        {messages.map((message) => (
          <li key={message.client_id ?? message.seq}>
            {message.deleted_at ? <em>Deleted</em> : message.content}
            {message.attachment?.thumbnail && <Photo client={client} {...message.attachment} />}
            {message.sender === client.user && message.seq <= (about.peer.read ?? 0) && <small> Read</small>}
          </li>
        ))}
        {pending.map((item) => (
          <li key={item.client_id} data-pending>
            {item.content} <small>{item.code ? item.error || "Not sent" : "Sending…"}</small>
            {item.code && <button onClick={() => room.retry(item.client_id)}>Try again</button>}
            {item.code && <button onClick={() => room.giveUp(item.client_id)}>Remove</button>}
          </li>
        ))}
      </ol>
      <p aria-live="polite">{typing && `${about.peer.name} is writing`}</p>
      <form onSubmit={submit}>
        <input aria-label="Message" value={text} onChange={({ target }) => (setText(target.value), room.typing())} />
        <button disabled={!about.can_send}>Send</button>
        <label>Photo <input type="file" accept="image/*" onChange={sendPhoto} /></label>
      </form>
      {problem && <p role="alert">{problem}</p>}
    </main>
  );
}

function Photo({ client, name, thumbnail }) {
  const [address, setAddress] = useState(null);
  useEffect(() => {
    let made = null;
    let over = false;
    client.fetchFile(thumbnail).then(async (answer) => {
      if (!answer.ok || over) return;
      made = URL.createObjectURL(await answer.blob());
      setAddress(made);
    });
    return () => {
      over = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [client, thumbnail]);
  return address && <img src={address} alt={name} />;
}
