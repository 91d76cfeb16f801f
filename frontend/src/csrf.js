/** @file What Django wants to see against forged requests. */

/** The cookie is newer than the page; where scripts may not read it, a form of the page knows. */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  /** @type {HTMLInputElement | null} */
  const input = document.querySelector("input[name=csrfmiddlewaretoken]");
  return cookie?.[1] ?? input?.value ?? "";
}
