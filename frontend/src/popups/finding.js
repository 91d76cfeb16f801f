/** @file The way to the search in a room and to a day, whose module loads when somebody first wants one of them. */

/** @typedef {typeof import("../search/index.js")} SearchModule */

const LINKS = '[data-pc-action="find"], [data-pc-action="date"]';

/**
 * @param {Element} host
 * @returns {Promise<SearchModule>}
 */
function load(host) {
  const link = /** @type {HTMLElement | null} */ (host.querySelector('[data-pc-action="find"]'));
  return import(link?.dataset.module ?? "");
}

/** All are listened to on the page as a whole: chats come and go. */
export function listenForFinding() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest(LINKS));
    const host = link && /** @type {import("../pair-chat.js").PairChat | null} */ (link.closest("pair-chat"));
    if (!host || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const follow = () => (location.href = link.href);
    event.preventDefault();
    load(host).then(
      ({ chooseDay, searchInRoom }) => (link.dataset.pcAction === "date" ? chooseDay(link) : searchInRoom(host) || follow()),
      follow,
    );
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const host = form.dataset.pcForm === "date" && form.closest("pair-chat");
    const day = host && new FormData(form).get("date");
    if (!host || !day) return;
    event.preventDefault();
    form.closest("details")?.removeAttribute("open");
    load(host).then(({ goToDay }) => goToDay(form, String(day)), () => form.submit());
  });
}
