/** The sheet at hand: which pictures, how they are coded, which of them digits act on. */
import { EMPTY } from "./coded.js";
import { get } from "./net.js";
import { remember } from "./position.js";
import { applied, isDone } from "./sheet-codes.js";

/**
 * Events: `list` (other pictures to go through), `sheet` (another sheet), `coded` (codes changed).
 *
 * Attributes: `project` (see /api/project), `sequence` ({ number, name, participant, length }), `action` (the key of
 * the one that is coded; null: all of a picture), `showing` ('open', 'all', 'strongest'), `places` (all that are shown,
 * in their order), `done` (how many pictures of the sequence are coded), `start` (of the sheet in them), `count` (of
 * pictures on a sheet), `ring` (place of the picture on which digits act; null: none yet).
 */
export class SheetDesk extends EventTarget {
  constructor(project, queue) {
    super();
    Object.assign(this, { project, queue, sequence: null, action: null, showing: "open", places: [], start: 0, count: 1 });
    this.ring = null;
    this.done = 0;
    this._of = null; // number of the sequence of which `_about` knows
    this.undoing = { undo: project.undo, redo: project.redo };
    this.actions = Object.fromEntries(project.actions.map((action) => [action.key, action]));
    this._about = new Map(); // place → { label, frame, coded }
  }

  /** The part of the face of the action that is coded. */
  get part() {
    return this.action === null ? "" : this.actions[this.action].part;
  }

  /** Places on the sheet. */
  get sheet() {
    return this.places.slice(this.start, this.start + this.count);
  }

  /** Places of the sheet after. */
  get following() {
    return this.places.slice(this.start + this.count, this.start + 2 * this.count);
  }

  coded(place) {
    return this._about.get(place)?.coded ?? EMPTY;
  }

  label(place) {
    const { label, frame } = this._about.get(place) ?? { label: "", frame: place };
    return label || `frame ${frame}`;
  }

  isDone(place) {
    return isDone(this.coded(place), this.action, this.part);
  }

  /** Show other pictures, or for another action: `changes` of number (of the sequence), action and showing. */
  async open({ number = this.sequence?.number, action = this.action, showing = this.showing }) {
    await this.queue.whenEmpty();
    const { places, done, sequence } = await this._chosen(number, action, showing);
    if (number !== this._of) this._about.clear();
    this._of = number;
    await this._know(places.slice(0, this.count)); // first: a sheet that is not shown is no sheet
    Object.assign(this, { sequence, action, showing, places, done, start: 0, ring: null });
    this._fire("list", "sheet");
    this._ahead();
  }

  /** As many pictures on a sheet as fit; the first one stays. */
  async resize(count) {
    if (count === this.count) return;
    if (this.sequence) await this._know(this.places.slice(this.start, this.start + count));
    this.count = count;
    if (this.sequence) this._fire("sheet");
  }

  /** One sheet on (+1) or back (-1). Returns whether there is one. */
  async turn(by) {
    const start = Math.max(0, this.start + by * this.count);
    if (start === this.start || start >= this.places.length) return false;
    await this._at(start);
    return true;
  }

  /** To the sheet of a place, if it is shown at all. */
  async find(place) {
    const index = this.places.indexOf(place);
    if (index < 0 || this.sheet.includes(place)) return;
    await this._at(index - (index % this.count));
  }

  /** Move the ring to a place of the sheet. */
  point(place) {
    if (this.ring === place) return;
    this.ring = place;
    remember(this.sequence.number, place);
    this._fire("coded");
  }

  /** Do something: at once here, and on the disk as soon as can be. */
  act(act) {
    const complete = { sequence: this.sequence.name, ...act };
    const before = this.sheet.filter((place) => this.isDone(place)).length;
    for (const place of this.sheet) this._keep(place, applied(this.coded(place), complete, place, this.project.actions));
    this.done += this.sheet.filter((place) => this.isDone(place)).length - before;
    this.queue.add(complete);
    this._fire("coded");
  }

  /** Take over what the program says of frames. */
  learn(answer) {
    this.undoing = { undo: answer.undo ?? "", redo: answer.redo ?? "" };
    const changed = (answer.changed ?? []).filter((one) => one.sequence === this.sequence?.name);
    const waiting = this.queue.waiting();
    for (const [key, coded] of changed.flatMap((one) => Object.entries(one.coded))) {
      const place = Number(key);
      this._keep(place, waiting.reduce((state, act) => this._after(state, act, place), coded));
    }
    this._fire("coded");
  }

  /** Count again what is done, after something was taken back. */
  async recount() {
    await this.queue.whenEmpty();
    this.done = (await this._chosen(this.sequence.number, this.action, this.showing)).done;
    this._fire("coded");
  }

  _chosen(number, action, showing) {
    return get(`/api/sheets/${number}?${new URLSearchParams({ action: action ?? "", showing })}`);
  }

  _after(coded, act, place) {
    return act.sequence === this.sequence?.name ? applied(coded, act, place, this.project.actions) : coded;
  }

  async _at(start) {
    await this._know(this.places.slice(start, start + this.count));
    Object.assign(this, { start, ring: null });
    this._fire("sheet");
    this._ahead();
  }

  _keep(place, coded) {
    this._about.set(place, { label: "", frame: place, ...this._about.get(place), coded });
  }

  _ahead() {
    if (this.sheet.length) remember(this.sequence.number, this.ring ?? this.sheet[0]);
    this._know(this.following).catch(() => null); // told when the coder comes there
  }

  async _know(places) {
    const unknown = places.filter((place) => !this._about.has(place));
    if (!unknown.length) return;
    const number = this._of;
    const found = await get(`/api/sequences/${number}/frames?places=${unknown.join(",")}`);
    if (number !== this._of) return;
    const waiting = this.queue.waiting();
    for (const [key, about] of Object.entries(found)) {
      const place = Number(key);
      const coded = waiting.reduce((state, act) => this._after(state, act, place), about.coded);
      this._about.set(place, { ...about, coded });
    }
  }

  _fire(...names) {
    for (const name of names) this.dispatchEvent(new Event(name));
  }
}
