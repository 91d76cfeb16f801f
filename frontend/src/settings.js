/** @file The room's own menu, which is a `<details>`: it closes as menus do. */

/**
 * @param {HTMLElement | null} menu
 * @param {AbortSignal} signal
 */
export function closeLikeMenus(menu, signal) {
  if (!menu) return;
  const close = () => menu.removeAttribute("open");
  const left = (/** @type {Event} */ { target }) => target instanceof Node && !menu.contains(target) && close();
  document.addEventListener("click", left, { signal });
  menu.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      close();
      menu.querySelector("summary")?.focus();
    },
    { signal },
  );
}
