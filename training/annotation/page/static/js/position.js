/** Lets the program remember where the coder is, as soon as that has settled. */
import { post } from "./net.js";

const SETTLED_MS = 400;
let telling = 0;

/** The coder is at a place of the sequence with this number. */
export function remember(sequence, place) {
  clearTimeout(telling);
  telling = setTimeout(() => post("/api/position", { sequence, place }).catch(() => null), SETTLED_MS);
}
