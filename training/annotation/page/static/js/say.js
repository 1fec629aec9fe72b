/** What a screen reader says of what was done by a key. */
import { $ } from "./dom.js";

let turn = false;

/** Say it now; the same words twice are said twice. */
export function say(words) {
  turn = !turn;
  $("#said").textContent = turn ? words : `${words}\u00a0`;
}
