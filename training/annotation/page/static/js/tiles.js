/** The actions with their keys, upper face first: what is coded is seen here, and pressed. */
import { LETTERS, words } from "./coded.js";
import { h, set, text } from "./dom.js";
import { shown, spoken } from "./keys.js";

const PARTS = { upper: "Upper face", lower: "Lower face" };
const SIGNS = { left: "L", right: "R", top: "T", bottom: "B", "": "" };
const MANY = 26; // more actions than that stand in three columns

/** A name without what stands in brackets. */
const brief = (name) => name.replace(/ \(.*/, "");

export class Tiles {
  /**
   * @param {HTMLElement} element to fill
   * @param project see /api/project
   * @param {KeyMap} keymap
   * @param {(action: string, strong: boolean) => void} onPress
   * @param {{columns?: number}} more: as many columns as fit the action list, unless said
   */
  constructor(element, project, keymap, onPress, { columns = project.actions.length > MANY ? 3 : 2 } = {}) {
    Object.assign(this, { _project: project, _keymap: keymap, _onPress: onPress });
    this._tiles = new Map();
    element.dataset.columns = columns;
    element.classList.toggle("many", project.actions.length > MANY);
    element.style.setProperty("--columns", columns);
    element.replaceChildren(...Object.keys(PARTS).flatMap((part) => this._part(part, columns)));
    this.label();
  }

  /** Show the keys, after they were changed. */
  label() {
    for (const [key, tile] of this._tiles) {
      text(tile.querySelector("kbd"), shown(this._keymap.actions[key]));
      set(tile, "aria-keyshortcuts", spoken(this._keymap.actions[key] ?? ""));
    }
  }

  /**
   * Show marks.
   * @param {(action: string) => [number, string]} markOf
   * @param {{newest?, hidden?, codable?, held?, judged?}} more: the action on which digits act; hidden parts; whether there
   *   is a face; actions whose key is down; actions that the coder is done with in a frame that is still open
   */
  show(markOf, { newest = "", hidden = [], codable = true, held = new Set(), judged = [] } = {}) {
    for (const action of this._project.actions) {
      const tile = this._tiles.get(action.key);
      const mark = markOf(action.key);
      set(tile, "aria-pressed", String(mark[0] > 0));
      tile.classList.toggle("newest", action.key === newest);
      tile.classList.toggle("held", held.has(action.key));
      tile.classList.toggle("unseen", !codable || (hidden.includes(action.part) && !mark[0]));
      const isAbsent = !mark[0] && judged.includes(action.key);
      text(tile.querySelector(".mark"), isAbsent ? "0" : this._sign(mark));
      text(tile.querySelector(".for-readers"), isAbsent ? "judged, absent" : words(mark, this._project.scale));
    }
  }

  _sign([value, side]) {
    if (!value) return "";
    const strength = this._project.scale === "intensity" ? LETTERS[value] : side ? "" : "✓";
    return strength + (side ? ` ${SIGNS[side]}` : "");
  }

  _part(part, columns) {
    const actions = this._project.actions.filter((action) => action.part === part);
    if (!actions.length) return [];
    const rows = Math.ceil(actions.length / columns);
    const tiles = actions.map((one) => this._tile(one));
    const group = h("div", { class: "part", role: "group", "aria-label": PARTS[part] }, tiles);
    group.style.setProperty("--rows", rows);
    return [h("h3", { class: "part-head", "aria-hidden": "true" }, PARTS[part]), group];
  }

  _tile(action) {
    const onclick = (event) => this._onPress(action.key, event.shiftKey);
    const tile = h(
      "button",
      { type: "button", class: "tile", title: action.name, onclick },
      h("kbd", { "aria-hidden": "true" }),
      h("b", {}, action.key),
      h("span", { class: "name" }, brief(action.name)),
      h("span", { class: "mark", "aria-hidden": "true" }),
      h("span", { class: "for-readers" }),
    );
    this._tiles.set(action.key, tile);
    return tile;
  }
}
