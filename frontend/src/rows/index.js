/** @file The module of what is done with a row of the list, which a list loads when it is first asked for. */

export { RowActs } from "./row-acts.js";
