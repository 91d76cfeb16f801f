/** @file The module of the grid of emoji, which loads when one is first looked for. */

export { showGrid } from "./grid.js";
