/** @file The way to the search in a room and to a day, whose module loads when somebody first wants one of them. */

/** @typedef {typeof import("../search/index.js")} SearchModule */

const LINKS = '[data-pc-action="find"], [data-pc-action="date"]';

/**
 * The address of that module; empty where a host has left out the link that says it. Then the browser follows its links.
 * @param {Element | null | undefined} host
 */
function moduleOf(host) {
  const link = /** @type {HTMLElement | null | undefined} */ (host?.querySelector('[data-pc-action="find"]'));
  return link?.dataset.module ?? "";
}

/** All are listened to on the page as a whole: chats come and go. */
export function listenForFinding() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest(LINKS));
    const host = link && /** @type {import("../pair-chat.js").PairChat | null} */ (link.closest("pair-chat"));
    const address = moduleOf(host || null);
    if (!host || !address || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const follow = () => (location.href = link.href);
    event.preventDefault();
    import(address).then(
      (/** @type {SearchModule} */ { chooseDay, searchInRoom }) => (link.dataset.pcAction === "date" ? chooseDay(link) : searchInRoom(host) || follow()),
      follow,
    );
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.dataset.pcForm !== "date") return;
    const address = moduleOf(form.closest("pair-chat"));
    const day = new FormData(form).get("date");
    if (!address || !day) return;
    event.preventDefault();
    form.closest("details")?.removeAttribute("open");
    import(address).then((/** @type {SearchModule} */ { goToDay }) => goToDay(form, String(day)), () => form.submit());
  });
}
