/** @file The module of the search beside an open room and inside one, and of going to a day. It loads when first used. */

export { chooseDay, goToDay } from "./dates.js";
export { searchInList } from "./list-search.js";
export { searchInRoom } from "./room-search.js";
