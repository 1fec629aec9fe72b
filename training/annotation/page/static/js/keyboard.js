/** From the keyboard to what it means, on a page where buttons and fields have keys of their own. */
import { anyOpen } from "./dialogs.js";
import { digitOf } from "./keys.js";

const OF_BUTTONS = ["Enter", " "];
const OF_RANGES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];
const REPEATABLE = ["back", "on", "back10", "on10", "closer", "wider", "brighter", "darker"];

/**
 * Listen from now on.
 * @param {KeyMap} keymap
 * @param {{mode, command, action, release, releaseAll, digit, escape}} to: `mode()` is 'frames' or 'episodes'; the
 *   others are told what was pressed
 */
export function listen(keymap, to) {
  window.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || isStopped() || anyOpen() || isOwn(event)) return;
    if (heard(event, keymap, to)) event.preventDefault();
  });
  window.addEventListener("keyup", (event) => {
    const found = keymap.actionOf(event) ?? keymap.actionOf(withoutShift(event));
    if (found) to.release(found.action);
  });
  window.addEventListener("blur", () => to.releaseAll());
}

/** Another window codes as this coder. */
const isStopped = () => document.body.classList.contains("stopped");

function heard(event, keymap, to) {
  if (event.key === "Escape") return to.escape();
  const command = keymap.commandOf(event, to.mode());
  if (command) {
    if (!event.repeat || REPEATABLE.includes(command)) to.command(command);
    return true;
  }
  const found = keymap.actionOf(event);
  if (found) {
    if (!event.repeat) to.action(found.action, found.strong);
    return true;
  }
  const digit = digitOf(event);
  if (digit === null) return false;
  if (!event.repeat) to.digit(digit);
  return true;
}

const withoutShift = (event) => ({
  key: event.key, code: event.code, ctrlKey: false, metaKey: false, altKey: event.altKey, shiftKey: false,
});

/** Whether the element that has the focus wants the key for itself. */
export function isOwn(event) {
  const element = event.target;
  if (element.matches?.("input:not([type=range]), textarea, select")) return event.key !== "Escape";
  if (element.matches?.("input[type=range]")) return OF_RANGES.includes(event.key);
  return Boolean(element.matches?.("button, a")) && OF_BUTTONS.includes(event.key) && !event.shiftKey && !event.ctrlKey;
}
