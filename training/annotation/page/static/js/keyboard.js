/** From the keyboard to what it means, on a page where buttons and fields have keys of their own. */
import { anyOpen } from "./dialogs.js";
import { inOrder } from "./inorder.js";
import { digitOf } from "./keys.js";

const OF_BUTTONS = ["Enter", " "];
const OF_RANGES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];
const REPEATABLE = ["back", "on", "back10", "on10", "closer", "wider", "brighter", "darker"];

/**
 * Listen from now on.
 * @param {KeyMap} keymap
 * @param {{mode, command, action, release, releaseAll, digit, escape}} to: `mode()` is 'frames' or 'episodes'; the
 *   others are told what was pressed, and answer with a promise where later keys have to wait
 * @param {Order} order in which it is done
 */
export function listen(keymap, to, order) {
  const isOurs = (event) => !(event.isComposing || event.defaultPrevented || anyOpen() || isOwn(event));
  inOrder(isOurs, (event) => !isStopped() && heard(event, keymap, to), order);
  window.addEventListener("keyup", (event) => {
    const found = keymap.actionOf(event) ?? keymap.actionOf(withoutShift(event));
    if (found) order.take(() => to.release(found.action, event.timeStamp), { stays: true });
  });
  window.addEventListener("blur", () => order.take(() => to.releaseAll(), { stays: true }));
}

/** Another window codes as this coder. */
const isStopped = () => document.body.classList.contains("stopped");

/** Do what a key means; false: nothing; a promise: until it is done. */
function heard(event, keymap, to) {
  if (event.key === "Escape") return to.escape();
  const command = keymap.commandOf(event, to.mode());
  if (command) {
    return !event.repeat || REPEATABLE.includes(command) ? to.command(command) : true;
  }
  const found = keymap.actionOf(event);
  if (found) {
    return event.repeat ? true : to.action(found.action, found.strong, event.timeStamp);
  }
  const digit = digitOf(event);
  if (digit === null) return false;
  return event.repeat ? true : to.digit(digit);
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
