/** @file The module of a room whose topic has changed. */

export { showTopic } from "../topic.js";
