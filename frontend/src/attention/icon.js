/**
 * @file A dot on the page's icon. Whatever is drawn has a `data:` address, which a policy may forbid, and no page can
 * find out without a complaint on its console. So an icon is exchanged for one that the host names; it is drawn upon only
 * where the host says so, or has a `data:` address itself.
 */

const SIZE_PX = 32;
const DOT = { x: 23, y: 9, radius: 7, ring: 2, colour: "#d92d20" };

export class Icon {
  #dot = false;

  /** @param {boolean} draws whether the page's policy lets images have `data:` addresses */
  constructor(draws) {
    this.draws = draws;
  }

  /** @param {boolean} dot */
  show(dot) {
    this.#dot = dot;
    /** @type {NodeListOf<HTMLLinkElement>} */
    const links = document.querySelectorAll('link[rel~="icon"]');
    for (const link of links) {
      if (!dot) restore(link);
      else if (!("pcIcon" in link.dataset) && link.href) this.#mark(link);
    }
    if (dot && this.draws && !links.length) this.#create();
  }

  /** @param {HTMLLinkElement} link */
  async #mark(link) {
    const { href } = link;
    const { pcUnread } = link.dataset;
    if (!pcUnread && !this.draws && !href.startsWith("data:")) return;
    link.dataset.pcIcon = link.getAttribute("href") ?? "";
    if (link.type) link.dataset.pcType = link.type;
    const marked = pcUnread ?? (await drawn(href));
    if (!marked || !this.#dot || link.href !== href) return restore(link);
    if (!pcUnread) link.type = "image/png";
    link.dataset.pcMarked = link.href = marked;
  }

  async #create() {
    const link = document.createElement("link");
    link.rel = "icon";
    link.dataset.pcIcon = "";
    document.head.append(link);
    const dot = await drawn("");
    if (this.#dot && dot) link.href = dot;
    else restore(link);
  }
}

/**
 * What the host has changed since is left as it is.
 * @param {HTMLLinkElement} link
 */
function restore(link) {
  const { pcIcon, pcType, pcMarked } = link.dataset;
  if (pcIcon === "") link.remove();
  if (pcIcon && pcMarked === link.getAttribute("href")) {
    if (pcType) link.type = pcType;
    else link.removeAttribute("type");
    link.setAttribute("href", pcIcon);
  }
  for (const name of ["pcIcon", "pcType", "pcMarked"]) delete link.dataset[name];
}

/**
 * The icon with the dot, as an address; empty when it cannot be drawn.
 * @param {string} href "" where there is no icon
 */
async function drawn(href) {
  const context = Object.assign(document.createElement("canvas"), { width: SIZE_PX, height: SIZE_PX }).getContext("2d");
  // A canvas gives nothing back once it holds what another site has not released.
  const isOurs = !href || href.startsWith("data:") || new URL(href).origin === location.origin;
  if (!context || !isOurs) return "";
  try {
    if (href) {
      const image = new Image(SIZE_PX, SIZE_PX);
      image.src = href;
      await image.decode();
      context.drawImage(image, 0, 0, SIZE_PX, SIZE_PX);
    }
    circle(context, DOT.radius + DOT.ring, "#fff");
    circle(context, DOT.radius, DOT.colour);
    return context.canvas.toDataURL();
  } catch {
    return "";
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} radius
 * @param {string} colour
 */
function circle(context, radius, colour) {
  context.beginPath();
  context.arc(DOT.x, DOT.y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}
