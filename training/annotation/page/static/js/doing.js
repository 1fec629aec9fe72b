/** What keys and buttons do to the frame that is coded. */
import { isTouched, marking, present, pressed, sided, SIDES, words } from "./coded.js";
import { ask } from "./dialogs.js";
import { post } from "./net.js";
import { hint, say } from "./say.js";

export class Doing {
  constructor(desk) {
    this._desk = desk;
    this._allowed = new Set(); // submitted frames that may be changed, since the coder said so
  }

  /** An action's key; `strong` with Shift. */
  async press(action, strong) {
    if (!(await this._may())) return;
    const { coded, project } = this._desk;
    this._mark(action, pressed(coded, action, { ...project, strong }));
  }

  /** A digit after an action's key: 1–5 how strong, 6–9 where, 0 takes it away. */
  async digit(digit) {
    if (!this._desk.isKnown) await this._desk.known();
    const { focus, project } = this._desk;
    if (!focus) return hint("Press an action's key first.");
    if (digit > project.largest && digit <= 5) return hint("This project codes presence, not how strong.");
    if (!(await this._may())) return undefined;
    const [value, side] = this._desk.markOf(focus);
    const mark = digit > 5 ? sided([value, side], SIDES[digit - 6]) : [digit, digit ? side : ""];
    return this._mark(focus, mark);
  }

  /** Let digits act on the mark before. */
  other() {
    const there = present(this._desk.coded);
    if (!there.length) return;
    const at = there.indexOf(this._desk.focus);
    this._desk.newest = there[(at - 1 + there.length) % there.length];
    this._say(this._desk.newest);
    this._desk.changed("coded");
  }

  async hide(part) {
    if (!(await this._may())) return;
    const on = !this._desk.coded.hidden.includes(part);
    this._act({ type: "sethidden", part, on });
    say(`${part} face ${on ? "hidden" : "seen"}`);
  }

  async uncodable() {
    if (!(await this._may())) return;
    const on = !this._desk.coded.codable;
    this._act({ type: "setcodable", on });
    say(on ? "codable" : "not codable");
  }

  async clear() {
    if (!isTouched(this._desk.coded) || !(await this._may())) return;
    this._act({ type: "clear" });
    this._desk.newest = "";
    say("cleared");
  }

  /** Take over what is marked at the frame before. */
  async repeat() {
    const { desk, index } = { desk: this._desk, index: this._desk.index };
    if (index === 0) return;
    const before = desk.codedAt(desk.placeAt(index - 1));
    const marks = present(before);
    if (!marks.length || !(await this._may())) return;
    for (const action of marks) this._act(marking(desk.place, action, before.marks[action]));
    say(`as before: ${marks.join(", ")}`);
  }

  /** Submit, unless it is; returns whether it was before. */
  submit() {
    const wasSubmitted = this._desk.coded.submitted;
    if (!wasSubmitted) this._act({ type: "submit" });
    return wasSubmitted;
  }

  /** What the network thinks of the frame, or no longer; that it was asked is on the disk before it answers. */
  async ask() {
    const desk = this._desk;
    if (desk.opinion) {
      desk.opinion = null;
      return desk.changed("coded");
    }
    const place = desk.place;
    desk.opinion = { values: {}, sentence: "It looks …" };
    desk.changed("coded");
    await desk.queue.whenEmpty();
    let opinion;
    try {
      opinion = await post("/api/opinion", { sequence: desk.sequence.number, place, seat: desk.seat });
    } catch (error) {
      opinion = { values: {}, sentence: error.message };
    }
    if (place !== desk.place) return undefined;
    desk.opinion = opinion;
    if (opinion.answer) desk.learn(opinion.answer);
    desk.changed("coded");
    return undefined;
  }

  /** The frame that is coded, as a key that differs from those of all others. */
  get here() {
    return `${this._desk.sequence.number}/${this._desk.place}`;
  }

  _mark(action, mark) {
    if (!this._desk.coded.codable) hint("This frame is said to be not codable: its marks do not count.");
    this._desk.newest = action;
    this._act(marking(this._desk.place, action, mark));
    this._say(action);
  }

  _act(act) {
    const { place, coded } = this._desk;
    this._desk.act({ place, overwrite: coded.submitted, ...act });
  }

  /** Changing what was submitted is asked for once a frame. */
  async _may() {
    const { here } = this;
    if (!this._desk.isKnown) await this._desk.known();
    if (here !== this.here) return false; // the coder went on before it came
    await this._asking; // a question that is just being closed
    if (!this._desk.coded.submitted || this._allowed.has(here)) return true;
    const more = "What it was stays in the project's history, and undo brings it back.";
    this._asking = ask("This frame was submitted. Change it?", { yes: "Change it", no: "Leave it", more });
    if (await this._asking) this._allowed.add(here);
    return this._allowed.has(here) && here === this.here;
  }

  _say(action) {
    const { project, actions } = this._desk;
    say(`${action} ${actions[action].name}: ${words(this._desk.markOf(action), project.scale)}`);
  }
}
