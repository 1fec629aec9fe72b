/** One thing after the other: what is pressed while a sheet or a frame is on its way waits, so that it never acts on the
 * one before. */
import { tell } from "./dialogs.js";

export class Order {
  /** @param {(isBusy: boolean) => void} onBusy told when something is under way, and when nothing is any more */
  constructor(onBusy) {
    this._waiting = [];
    this._isBusy = false;
    this._onBusy = onBusy;
  }

  /**
   * Do something as soon as all before it is done: now, where nothing is under way.
   * @param {() => any} work answers with a promise where it is not done at once
   * @param {{stays?: boolean}} how: whether it is done even if what was pressed before it came to nothing
   * @returns what it answered; undefined where it waits
   */
  take(work, { stays = false } = {}) {
    if (this._isBusy) return void this._waiting.push({ work, stays });
    const answer = work();
    if (answer instanceof Promise) this._until(answer);
    return answer;
  }

  /** What waits is not to be done any more. Returns how much that was. */
  forget() {
    const all = this._waiting;
    this._waiting = all.filter(({ stays }) => stays);
    return all.length - this._waiting.length;
  }

  async _until(done) {
    this._busy(true);
    try {
      await done;
    } catch (error) {
      tell(error.message);
    }
    this._busy(false);
    while (!this._isBusy && this._waiting.length) this.take(this._waiting.shift().work);
  }

  _busy(on) {
    this._isBusy = on;
    this._onBusy(on);
  }
}

/**
 * Listen to keys from now on.
 * @param {(event: KeyboardEvent) => boolean} isOurs whether the event is for the page
 * @param {(event: KeyboardEvent) => any} heard does what a key means; false: nothing; a promise: until it is done
 * @param {Order} order in which it is done
 */
export function inOrder(isOurs, heard, order) {
  window.addEventListener("keydown", (event) => {
    if (isOurs(event) && order.take(() => heard(event)) !== false) event.preventDefault();
  });
}
