/** What a screen reader says of what was done by a key, and what those who see are told of for a moment. */
import { $, text } from "./dom.js";

const SHOWN_MS = 2600;
let turn = false;
let hiding = 0;

/** Say it now; the same words twice are said twice. */
export function say(words) {
  turn = !turn;
  $("#said").textContent = turn ? words : `${words}\u00a0`;
}

/** Say it, and show it below the picture for a moment: what a key could not do, or did elsewhere; "": no more. */
export function hint(words) {
  say(words);
  const element = $("#toast");
  text(element, words);
  element.hidden = !words;
  clearTimeout(hiding);
  hiding = setTimeout(() => (element.hidden = true), SHOWN_MS);
}
