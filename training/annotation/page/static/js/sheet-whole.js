/** Sheets of whole pictures: arrows move from one to the next, action keys code the one in the ring. */
import { marking, markOf, present, pressed, sided, SIDES, words } from "./coded.js";
import { digitOf } from "./keys.js";
import { shown } from "./keys.js";
import { say } from "./say.js";
import { submitting } from "./sheet-codes.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-99, 0], End: [99, 0] };

export class Whole {
  /**
   * @param {(place) => Promise<boolean>} mayChange whether what was coded for good may be changed
   * @param {() => void} onEnd the last picture of the sheet was submitted
   */
  constructor(desk, keymap, { mayChange, onEnd }) {
    Object.assign(this, { desk, keymap, mayChange, onEnd, layout: { columns: 1, rows: 1 }, newest: "" });
  }

  get hint() {
    const levels = this.desk.project.scale === "intensity" ? "1–5 A–E · " : "";
    const [upper, lower, uncodable] = ["upper", "lower", "uncodable"].map((name) => `“${shown(this.keymap.commands[name])}”`);
    const unseen = `${upper} upper ${lower} lower face hidden · ${uncodable} not codable`;
    return `Arrows move · an action's key marks it · ${levels}6 left 7 right 8 top 9 bottom · 0 none · ${unseen}`;
  }

  /** The action on which digits act. */
  get focus() {
    const there = present(this.desk.coded(this.desk.ring));
    return there.includes(this.newest) ? this.newest : (there.at(-1) ?? "");
  }

  press(event) {
    const { desk } = this;
    if (desk.ring === null) return false;
    if (STEPS[event.key] && !event.ctrlKey && !event.altKey) return this._step(...STEPS[event.key]);
    const digit = digitOf(event);
    if (digit !== null) return this._digit(digit);
    const command = this.keymap.commandOf(event, "frames");
    if (this._command(command)) return true;
    const found = command ? null : this.keymap.actionOf(event);
    if (!found || !(found.action in desk.actions)) return false;
    this.mark(found.action, found.strong);
    return true;
  }

  /** Mark an action of the picture in the ring. */
  mark(action, strong = false) {
    const { desk } = this;
    const { scale, largest, level } = desk.project;
    this.newest = action;
    this._mark(action, pressed(desk.coded(desk.ring), action, { scale, largest, level, strong }));
  }

  /** The picture in the ring is done, unless it could not be shown: what is not marked is absent. On to the next. */
  async submit(missing) {
    const { desk } = this;
    const place = desk.ring;
    if (place === null) return;
    if (!desk.coded(place).submitted && this._isSeen(place, missing)) desk.act({ type: "submit", place });
    if (!this._go(desk.sheet.indexOf(place) + 1)) await this.onEnd();
  }

  /** All pictures of the sheet are done. */
  submitAll(missing) {
    const { desk } = this;
    const places = desk.sheet.filter((place) => this._isSeen(place, missing));
    for (const act of submitting(places.map((place) => [place, desk.coded(place)]))) desk.act(act);
    return this.onEnd();
  }

  _isSeen(place, missing) {
    return !missing.includes(place) || !this.desk.coded(place).codable;
  }

  /** Go to a picture of the sheet. */
  point(place) {
    this.newest = "";
    this.desk.point(place);
    const there = present(this.desk.coded(place)).map((key) => `${key} ${words(markOf(this.desk.coded(place), key), this.desk.project.scale)}`);
    say(`${this.desk.label(place)}: ${there.join("; ") || "nothing marked"}`);
  }

  /** A part of the face is hidden, or seen again. */
  hide(part) {
    this._change({ type: "sethidden", part, on: !this.desk.coded(this.desk.ring).hidden.includes(part) });
  }

  /** There is no face that can be judged, or there is. */
  bar() {
    this._change({ type: "setcodable", on: !this.desk.coded(this.desk.ring).codable });
  }

  _command(command) {
    if (command === "upper" || command === "lower") this.hide(command);
    else if (command === "uncodable") this.bar();
    else if (command === "clear") this._change({ type: "clear" });
    else if (command === "remove") this._digit(0);
    else return false;
    return true;
  }

  _step(across, down) {
    const { desk } = this;
    const at = desk.sheet.indexOf(desk.ring);
    const { columns } = this.layout;
    const column = at % columns;
    const aim = at + down * columns + Math.max(-column, Math.min(across, across > 1 ? columns - 1 - column : across));
    this._go(across === -1 ? at - 1 : aim);
    return true;
  }

  _go(index) {
    if (index < 0 || index >= this.desk.sheet.length) return false;
    this.point(this.desk.sheet[index]);
    return true;
  }

  _digit(value) {
    const { desk, focus } = this;
    if (!focus) return true;
    const mark = markOf(desk.coded(desk.ring), focus);
    if (value === 0) this._mark(focus, [0, ""]);
    else if (value > 5) this._mark(focus, sided(mark, SIDES[value - 6]));
    else if (value <= desk.project.largest) this._mark(focus, [value, mark[1]]);
    return true;
  }

  async _mark(action, mark) {
    const { desk } = this;
    if (await this._change(marking(desk.ring, action, mark))) say(`${action} ${words(mark, desk.project.scale)}`);
  }

  async _change(act) {
    const { desk } = this;
    const place = desk.ring;
    const { submitted } = desk.coded(place);
    if (submitted && !(await this.mayChange(place))) return false;
    desk.act({ ...act, place, overwrite: submitted });
    return true;
  }
}
