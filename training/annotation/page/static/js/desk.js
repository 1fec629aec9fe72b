/** What is coded, by whom, and where the coder is: the state that all parts of the page show. */
import { apply, EMPTY, isTouched, markOf, present } from "./coded.js";
import { get } from "./net.js";
import { Pictures } from "./pictures.js";
import { remember } from "./position.js";
import { Runs, SUBMITTED, TOUCHED, UNTOUCHED } from "./runs.js";

const AROUND = 40;
const LONGEST = 2560; // pixels of a picture's longer side: more would fill the memory, and no screen shows it
const frameOf = (act) => act.place !== undefined && act.place !== null && act.type !== "setneutral";

/**
 * Events: `sequence` (another one), `place` (another frame), `coded` (codes or episodes changed), `change` (any).
 *
 * Attributes: `project` (see /api/project), `sequence`, `index` (in the order of coding), `newest` (the action on which
 * digits act), `mode` ('frames' or 'episodes', kept in this browser), `chosen` (identity of an episode), `opinion` (the
 * network's, shown).
 */
export class Desk extends EventTarget {
  constructor(project, keymap, { queue, seat }) {
    super();
    Object.assign(this, { project, keymap, sequence: null, index: 0, newest: "", chosen: "" });
    this._modeKept = `affectbox-coding-mode/${project.id}/${project.coder}`;
    this._mode = localStorage.getItem(this._modeKept);
    Object.assign(this, { queue, seat });
    this.opinion = null;
    this.undoing = { undo: project.undo, redo: project.redo };
    this.direction = 1;
    this.actions = Object.fromEntries(project.actions.map((action) => [action.key, action]));
    this._coded = new Map();
    this._loading = new Map();
  }

  get mode() {
    return this.sequence?.ordered && this._mode === "episodes" ? "episodes" : "frames";
  }

  set mode(mode) {
    this._mode = mode;
    localStorage.setItem(this._modeKept, mode);
  }

  get place() {
    return this.placeAt(this.index);
  }

  placeAt(index) {
    return this.sequence.order ? this.sequence.order[index] : index;
  }

  indexOf(place) {
    if (!this.sequence.order) return place;
    this.sequence.indices ??= new Map(this.sequence.order.map((at, index) => [at, index]));
    return this.sequence.indices.get(place);
  }

  /** The number by which a coder calls a frame: that of files where frames count on in time, else from 1. */
  numberAt(index) {
    return index + (this.sequence.first ?? 1);
  }

  indexOfNumber(number) {
    return number - (this.sequence.first ?? 1);
  }

  get coded() {
    return this.codedAt(this.place);
  }

  codedAt(place) {
    return this._coded.get(place)?.coded ?? EMPTY;
  }

  /** Whether the codes of the frame have come. */
  get isKnown() {
    return Boolean(this._coded.get(this.place)?.fetched);
  }

  /** Resolves when they have come, or cannot. */
  known() {
    return this.isKnown ? Promise.resolve() : this._know();
  }

  /** { label, frame } of a place. */
  aboutAt(place) {
    return this._coded.get(place) ?? { label: "", frame: place };
  }

  get length() {
    return this.sequence.length;
  }

  /** Open a sequence by its number, at a place or where the coder should go on. */
  async open(number, place = null) {
    const sequence = await this._fetched(number);
    this.pictures?.close();
    this.sequence = sequence;
    this.runs = new Runs(sequence.status, sequence.length);
    this.episodes = new Map(Object.entries(sequence.episodes));
    this._coded.clear();
    this._loading.clear();
    const url = (index) => `/pictures/${number}/${this.placeAt(index)}?side=${LONGEST}`;
    this.pictures = new Pictures(url, { length: sequence.length });
    this.chosen = "";
    for (const act of this.queue.waiting()) this._optimistic(act); // of a page that was killed
    const index = place === null ? this.runs.next(-1) : this.indexOf(place);
    this.index = Math.max(0, Math.min(index ?? 0, this.length - 1));
    this.direction = 1;
    await this._know();
    this._fire("sequence", "place", "coded");
    this._around();
  }

  /** A sequence as it is with all that was acknowledged, also while it was on its way. */
  async _fetched(number) {
    for (;;) {
      const { acknowledged } = this.queue;
      const sequence = await get(`/api/sequences/${number}`);
      if (acknowledged === this.queue.acknowledged) return sequence;
    }
  }

  /** Go to an index, as far as there are frames. Returns whether that is another one. */
  go(index) {
    const to = Math.max(0, Math.min(index, this.length - 1));
    if (to === this.index) return false;
    this.direction = to > this.index ? 1 : -1;
    this.index = to;
    this.newest = "";
    this.opinion = null;
    this._fire("place", "coded");
    this._around();
    return true;
  }

  /** Do something: at once here, and on the disk as soon as can be. */
  act(act) {
    const complete = { sequence: this.sequence.name, ...act };
    this._optimistic(complete);
    this.queue.add(complete);
    this._fire("coded");
  }

  /** Do something of which the program says what came of it. */
  actBlind(type) {
    this.queue.add({ type });
  }

  /** Take over what the program says of frames and episodes, where nothing newer is on its way. */
  learn(answer) {
    this.undoing = { undo: answer.undo ?? "", redo: answer.redo ?? "" };
    const waiting = this.queue.waiting();
    const newer = new Set(waiting.filter(frameOf).map((act) => `${act.sequence}/${act.place}`));
    const changing = new Set(waiting.map((act) => act.identity));
    for (const { sequence, coded, episodes } of answer.changed ?? []) {
      if (sequence !== this.sequence?.name) continue;
      for (const [place, state] of Object.entries(coded)) {
        if (!newer.has(`${sequence}/${place}`)) this._keep(Number(place), state, { isTold: true });
      }
      for (const [identity, episode] of Object.entries(episodes)) {
        if (changing.has(identity)) continue;
        if (episode) this.episodes.set(identity, episode);
        else this.episodes.delete(identity);
      }
    }
    this._fire("coded");
  }

  /** The marks that are there, newest last; `newest` is the one on which digits act. */
  get focus() {
    const there = present(this.coded);
    return there.includes(this.newest) ? this.newest : (there.at(-1) ?? "");
  }

  markOf(action) {
    return markOf(this.coded, action);
  }

  changed(...names) {
    this._fire(...names);
  }

  _optimistic(act) {
    if (act.sequence !== this.sequence?.name) return;
    if (act.type === "putepisode") this.episodes.set(act.identity, act.episode);
    else if (act.type === "removeepisode") this.episodes.delete(act.identity);
    else if (frameOf(act)) this._keep(act.place, apply(this.codedAt(act.place), act));
  }

  _keep(place, coded, more = {}) {
    const known = this._coded.get(place);
    this._coded.set(place, { label: "", frame: place, ...known, ...more, coded });
    const status = coded.submitted ? SUBMITTED : isTouched(coded) ? TOUCHED : UNTOUCHED;
    this.runs.set(this.indexOf(place), status);
  }

  async _know() {
    const from = Math.max(0, this.index - AROUND);
    const places = [];
    for (let index = from; index < Math.min(this.length, this.index + AROUND); index++) {
      const place = this.placeAt(index);
      if (this._coded.get(place)?.fetched || this._loading.has(place)) continue;
      places.push(place);
    }
    if (!places.length) return this._loading.get(this.place);
    const sequence = this.sequence;
    const loading = get(`/api/sequences/${sequence.number}/frames?places=${places.join(",")}`).then(
      (found) => sequence === this.sequence && this._take(found),
      () => places.forEach((place) => this._loading.delete(place)),
    );
    places.forEach((place) => this._loading.set(place, loading));
    return loading;
  }

  _take(found) {
    const waiting = this.queue.waiting();
    for (const [key, about] of Object.entries(found)) {
      const place = Number(key);
      this._loading.delete(place);
      const mine = waiting.filter((act) => act.sequence === this.sequence.name && frameOf(act) && act.place === place);
      const known = this._coded.get(place);
      const coded = mine.reduce(apply, known?.isTold ? known.coded : about.coded); // an answer since is newer
      this._coded.set(place, { ...about, coded, fetched: true });
    }
    this._fire("coded");
  }

  /** Have what is near, and let the program remember where the coder is. */
  _around() {
    this.pictures.near(this.index, this.direction);
    const ahead = this.placeAt(Math.max(0, Math.min(this.index + (AROUND / 2) * this.direction, this.length - 1)));
    if (!this.isKnown || !this._coded.get(ahead)?.fetched) this._know();
    remember(this.sequence.number, this.place);
  }

  _fire(...names) {
    for (const name of names) this.dispatchEvent(new Event(name));
    this.dispatchEvent(new Event("change"));
  }
}
