/** Sheets of one action: each picture's key marks it; what is not marked is absent. */
import { marking, markOf, pressed, sided, SIDES, words } from "./coded.js";
import { digitOf } from "./keys.js";
import { say } from "./say.js";
import { judging, unseen } from "./sheet-codes.js";
import { codes } from "./sheet-keys.js";

export class One {
  /** `mayChange(place) → Promise<boolean>`: whether what was coded for good may be changed. */
  constructor(desk, { mayChange }) {
    Object.assign(this, { desk, mayChange, layout: { columns: 1, rows: 1 } });
  }

  /** What the hint below the sheet says. */
  get hint() {
    const { scale } = this.desk.project;
    const levels = scale === "intensity" ? "1–5 A–E · " : "";
    return `${levels}6 left 7 right 8 top 9 bottom · 0 none · − hidden · + not codable`;
  }

  /** Do what a key means here. Returns whether it means anything. */
  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    const index = codes(this.layout.columns, this.layout.rows).indexOf(event.code);
    if (index >= 0) {
      if (index < this.desk.sheet.length) this.mark(this.desk.sheet[index], event.shiftKey);
      return true;
    }
    const digit = digitOf(event);
    if (digit !== null) return this._digit(digit);
    if (event.key === "Backspace") return this._digit(0);
    if (event.key === "-") this._hide();
    else if (event.key === "+" || event.key === "=") this._bar();
    else return false;
    return true;
  }

  /** Mark a picture, or take its mark away. */
  mark(place, strong = false) {
    this.desk.point(place);
    const { scale, largest, level } = this.desk.project;
    this._mark(place, pressed(this.desk.coded(place), this.desk.action, { scale, largest, level, strong }));
  }

  /** Mark all pictures of the sheet that are open, or, when all are marked, none. */
  all() {
    const { desk } = this;
    const open = desk.sheet.filter((place) => !desk.isDone(place));
    const unmarked = open.filter((place) => !markOf(desk.coded(place), desk.action)[0]);
    const value = desk.project.scale === "presence" ? 1 : desk.project.level;
    for (const place of unmarked.length ? unmarked : open) this._act(place, unmarked.length ? [value, ""] : [0, ""]);
    say(unmarked.length ? `${unmarked.length} marked` : "None marked");
  }

  /** What is not marked is absent: the sheet is done, but for pictures that could not be shown. */
  submit(missing) {
    const { desk } = this;
    const places = desk.sheet.filter((place) => !missing.includes(place) || desk.isDone(place));
    const frames = places.map((place) => [place, desk.coded(place)]);
    for (const act of judging(desk.actions[desk.action], frames, desk.project.actions)) desk.act(act);
  }

  _digit(value) {
    const { desk } = this;
    const mark = desk.ring === null ? [0, ""] : markOf(desk.coded(desk.ring), desk.action);
    if (desk.ring === null) return true;
    if (value === 0) this._mark(desk.ring, [0, ""]);
    else if (value > 5) this._mark(desk.ring, sided(mark[0] ? mark : [1, ""], SIDES[value - 6]));
    else if (value <= desk.project.largest) this._mark(desk.ring, [value, mark[1]]);
    return true;
  }

  async _mark(place, mark) {
    const { desk } = this;
    if (!(await this._allowed(place))) return;
    if (unseen(desk.coded(place), desk.part)) this._see(place);
    this._act(place, mark);
    say(`${desk.label(place)}: ${words(mark, desk.project.scale)}`);
  }

  _act(place, mark) {
    const { desk } = this;
    const { judged, submitted } = desk.coded(place);
    const act = marking(place, desk.action, mark);
    if (judged.includes(desk.action)) act.mark ??= { value: 0, side: "" }; // absent, and not: not coded
    desk.act({ ...act, overwrite: submitted });
  }

  /** A face whose part was called hidden is judged after all. */
  _see(place) {
    const coded = this.desk.coded(place);
    if (!coded.codable) this.desk.act({ type: "setcodable", place, on: true, overwrite: coded.submitted });
    if (coded.hidden.includes(this.desk.part)) this._hiding(place, false);
  }

  async _hide() {
    const { desk } = this;
    const place = desk.ring;
    if (place === null || !(await this._allowed(place))) return;
    const on = !desk.coded(place).hidden.includes(desk.part);
    if (on && markOf(desk.coded(place), desk.action)[0]) this._act(place, [0, ""]);
    this._hiding(place, on);
    say(`${desk.label(place)}: ${desk.part} face ${on ? "hidden" : "seen"}`);
  }

  _hiding(place, on) {
    this.desk.act({ type: "sethidden", place, part: this.desk.part, on, overwrite: this.desk.coded(place).submitted });
  }

  async _bar() {
    const { desk } = this;
    const place = desk.ring;
    if (place === null || !(await this._allowed(place))) return;
    const on = !desk.coded(place).codable;
    desk.act({ type: "setcodable", place, on, overwrite: desk.coded(place).submitted });
    say(`${desk.label(place)}: ${on ? "codable" : "not codable"}`);
  }

  /** What the coder was done with before is changed only after a question. */
  async _allowed(place) {
    const { desk } = this;
    const coded = desk.coded(place);
    const isFinal = coded.submitted || coded.judged.includes(desk.action);
    return !isFinal || this.mayChange(place);
  }
}
