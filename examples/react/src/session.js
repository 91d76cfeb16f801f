// Who is signed in, with the tokens of djangorestframework-simplejwt.

export const SITE = import.meta.env.VITE_SITE ?? "http://127.0.0.1:8000";

let tokens = JSON.parse(sessionStorage.getItem("tokens") ?? "null");

async function post(path, body) {
  const answer = await fetch(SITE + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function keep(given) {
  tokens = given && { ...tokens, ...given };
  sessionStorage.setItem("tokens", JSON.stringify(tokens));
  return tokens;
}

export async function signIn(username, password) {
  return Boolean(keep(await post("/api/token/", { username, password })));
}

export function signOut() {
  keep(null);
}

// The key of the person, as the token says it.
export function whoIsSignedIn() {
  return tokens && String(JSON.parse(atob(tokens.access.split(".")[1])).user_id);
}

// What the client asks: `refused` when the access token is no longer accepted.
export async function authenticate({ refused }) {
  if (refused && tokens) keep(await post("/api/token/refresh/", { refresh: tokens.refresh }));
  return tokens && { Authorization: `Bearer ${tokens.access}` };
}
