/** To the sheet of an action by the action's own key, after one that says so: on sheets letters are pictures. */
import { nameOf } from "./keys.js";
import { hint } from "./say.js";

export class Naming {
  /** `onAction(key)`: an action was named; what it returns is waited for. */
  constructor(keymap, actions, onAction) {
    Object.assign(this, { keymap, actions, onAction, _isOn: false });
  }

  begin() {
    this._isOn = true;
    hint("Now the key of the action whose sheet you want.");
  }

  /** What a key that names an action does, true for one that should have; false: the key is for something else. */
  hears(event) {
    if (!this._isOn || !nameOf(event)) return false;
    this._isOn = false;
    const { action } = this.keymap.actionOf(event) ?? {};
    const isKnown = action in this.actions;
    hint(isKnown ? "" : "That is no action's key.");
    return isKnown ? this.onAction(action) : true;
  }
}
