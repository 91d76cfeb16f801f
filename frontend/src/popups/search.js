/** @file The way to the search in a room, whose module loads when somebody first searches. */

/** @typedef {typeof import("../search/index.js")} SearchModule */

export function listenForSearch() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest('[data-pc-action="find"]'));
    const host = link && /** @type {import("../pair-chat.js").PairChat | null} */ (link.closest("pair-chat"));
    if (!host || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const follow = () => (location.href = link.href);
    event.preventDefault();
    import(link.dataset.module ?? "").then((/** @type {SearchModule} */ { searchInRoom }) => searchInRoom(host) || follow(), follow);
  });
}
