/** @file The room's own menu, which is a `<details>`: it closes as menus do. */

/**
 * @param {HTMLElement} menu
 * @param {(target: EventTarget, name: string, act: (event: any) => void) => void} on
 */
export function closeLikeMenus(menu, on) {
  menu.removeAttribute("open");
  on(document, "click", ({ target }) => menu.contains(target) || menu.removeAttribute("open"));
  on(menu, "keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  });
}
