/** @file The module of the search beside an open room, and inside one. It loads when somebody first searches. */

export { searchInList } from "./list-search.js";
export { searchInRoom } from "./room-search.js";
