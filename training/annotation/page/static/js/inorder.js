/** Keys one after the other: what is pressed while a sheet or a frame is on its way waits, so that it never acts on the
 * one before. */
import { tell } from "./dialogs.js";

/**
 * Listen to keys from now on.
 * @param {(event: KeyboardEvent) => boolean} isOurs whether the event is for the page
 * @param {(event: KeyboardEvent) => any} heard does what a key means; false: nothing; a promise: until it is done
 */
export function inOrder(isOurs, heard) {
  const waiting = [];
  let isBusy = false;

  const done = async (work) => {
    isBusy = true;
    try {
      await work;
    } catch (error) {
      tell(error.message);
    }
    isBusy = false;
    while (!isBusy && waiting.length) take(waiting.shift());
  };

  const take = (event) => {
    const answer = heard(event);
    if (answer instanceof Promise) done(answer);
    return answer !== false;
  };

  window.addEventListener("keydown", (event) => {
    if (!isOurs(event)) return;
    if (isBusy) waiting.push(event);
    if (isBusy || take(event)) event.preventDefault();
  });
}
