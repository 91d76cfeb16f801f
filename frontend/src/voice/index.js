/** @file The module of voice messages, which a page loads with the first one, or when somebody asks for the microphone. */

export { Player } from "./player.js";
export { Voice } from "./voice.js";
