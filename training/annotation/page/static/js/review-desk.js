/** Going through disagreements: which frames, which questions of one, what is agreed. Acts are the coder `agreed`'s. */
import { get, post } from "./net.js";
import { answered, leading, questions, settling } from "./review-codes.js";
import { applied } from "./sheet-codes.js";

const TOGETHER = 100; // frames taken over by one act

/**
 * Events: `frame` (another one), `change` (what is agreed, or how many are settled).
 *
 * Attributes: `project`, `coders` (two names), `frames` (see /api/review), `action` (only frames with that; "" for all),
 * `isOpenOnly` (only those not settled), `at` (index of the frame in `shown`), `row` (index in `questions`), `beside`
 * (how many frames after the one at hand is looked at).
 */
export class ReviewDesk extends EventTarget {
  /** `onTrouble(sentence)`: something could not be kept. */
  constructor(project, queue, onTrouble) {
    super();
    Object.assign(this, { onTrouble, project, queue, coders: ["", ""], frames: [], alike: [], action: "", isOpenOnly: true });
    Object.assign(this, { at: 0, row: 0, here: null, said: null, undoing: { undo: project.undo, redo: project.redo } });
    this.actions = Object.fromEntries(project.actions.map((action) => [action.key, action]));
    this._noted = new Set(); // keys of questions answered that the codes do not show: a part is seen, a face codable
  }

  /** Have the list anew. */
  async load() {
    await this.queue.whenEmpty();
    Object.assign(this, await get("/api/review"));
    this.choose({});
    await this.go(0);
  }

  /** Show frames with an action only, or settled ones, too. */
  choose({ action = this.action, isOpenOnly = this.isOpenOnly }) {
    Object.assign(this, { action, isOpenOnly });
    this.shown = this.frames.filter((one) => (!action || one.actions.includes(action)) && !(isOpenOnly && one.settled));
  }

  /** To a frame by its index in `shown`. */
  async go(index) {
    const at = Math.max(0, Math.min(index, this.shown.length - 1));
    const here = this.shown[at] ?? null;
    this._going = here;
    const said = here && (await get(`/api/review/${here.sequence}/${here.place}`));
    if (this._going !== here) return; // on to another one meanwhile
    Object.assign(this, { at, here, said, beside: 0 });
    this._noted.clear();
    this.row = Math.max(0, this.questions.findIndex((one) => this.answer(one) === undefined));
    this._fire("frame", "change");
  }

  /** Look at a frame before or after the one at hand. */
  look(by) {
    if (!this.here) return;
    const { place } = this.here;
    this.beside = Math.max(-place, Math.min(this.beside + by, this.said.length - 1 - place));
    this._fire("frame");
  }

  /** The name of the frame's sequence. */
  get sequence() {
    return this.said.sequence;
  }

  get questions() {
    if (!this.said) return [];
    const { first, second, agreed, episodes } = this.said;
    return leading(questions(first, second, this.project.actions, episodes), agreed, this._noted, this.actions);
  }

  get question() {
    return this.questions[this.row];
  }

  /** What is agreed of a question; undefined: nothing yet. */
  answer(question) {
    return answered(this.said.agreed, this._noted, question);
  }

  /** Agree on a value of the question at hand: a mark, true or false, an episode or null. */
  agree(value) {
    const { question } = this;
    if (!question) return;
    this._noted.add(question.key);
    for (const act of settling(question, value, this.here.place)) this.act(act);
    if (question.kind === "episode") question.episode.agreed = value;
    this._fire("change");
  }

  /** To the next question without an answer; returns whether there is one. */
  next() {
    const { questions: all } = this;
    const order = [...all.keys()].map((index) => (this.row + 1 + index) % all.length);
    const open = order.find((index) => this.answer(all[index]) === undefined);
    if (open === undefined) return false;
    this.point(open);
    return true;
  }

  point(row) {
    this.row = Math.max(0, Math.min(row, this.questions.length - 1));
    this._fire("change");
  }

  /** Whether every question has an answer. */
  get isAnswered() {
    return this.questions.every((one) => this.answer(one) !== undefined);
  }

  /** The frame is settled: what both said alike is taken over, what was open is as agreed. */
  settle() {
    const { first, second, agreed } = this.said;
    const { place } = this.here;
    const isCodable = agreed.codable && (first.codable || second.codable);
    for (const part of isCodable ? ["upper", "lower"] : []) {
      const areBoth = first.hidden.includes(part) && second.hidden.includes(part);
      if (areBoth && !agreed.hidden.includes(part)) this.act({ type: "sethidden", place, part, on: true });
    }
    if (!isCoded(first) && !isCoded(second)) this._note();
    else if (isCodable) this.act({ type: "submitmany", marks: { [place]: this._marks() } });
    else for (const act of uncodable(place, agreed)) this.act(act);
    this.here.settled = true;
    this._fire("change");
  }

  /** What both coded alike becomes agreed. Returns how many frames. */
  takeAlike() {
    const acts = this.alike.flatMap(({ sequence, frames, episodes }) => [
      ...takingOver(sequence, Object.entries(frames)),
      ...Object.entries(episodes).map(([identity, episode]) => ({ type: "putepisode", sequence, identity, episode })),
    ]);
    for (const act of acts) this.queue.add(act);
    const count = this.alikeCount;
    this.alike = [];
    this._fire("change");
    return count;
  }

  get alikeCount() {
    const sizes = this.alike.map(({ frames, episodes }) => Object.keys(frames).length + Object.keys(episodes).length);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  get settledCount() {
    return this.frames.filter((one) => one.settled).length;
  }

  /** Do something to the frame at hand. */
  act(act) {
    const { said } = this;
    const overwrite = act.type.endsWith("episode") ? {} : { overwrite: said.agreed.submitted };
    const complete = { sequence: this.sequence, ...act, ...overwrite };
    if (!act.type.endsWith("episode")) said.agreed = applied(said.agreed, complete, this.here.place, this.project.actions);
    this.queue.add(complete);
  }

  /** Take over what the program says after an act. */
  learn(answer) {
    this.undoing = { undo: answer.undo ?? "", redo: answer.redo ?? "" };
    for (const { sequence, coded } of answer.changed ?? []) {
      const state = this.said && sequence === this.sequence && coded[this.here.place];
      if (state && !this.queue.waiting().length) this.said.agreed = state;
    }
    this._fire("change");
  }

  /** Only episodes begin here: that they are settled is kept by itself. */
  _note() {
    const { sequence, place } = this.here;
    post("/api/review/settled", { sequence, place }).catch((error) => this.onTrouble(error.message));
  }

  /** All marks of the frame: as agreed, and where nobody differs as both said. */
  _marks() {
    const open = this.questions.filter(({ kind }) => kind === "mark");
    const answers = Object.fromEntries(open.map((question) => [question.key, this.answer(question)]));
    const { first, second, agreed } = this.said;
    const isCut = ({ part }) => agreed.hidden.includes(part) && !(first.hidden.includes(part) && second.hidden.includes(part));
    const all = Object.entries({ ...first.marks, ...answers });
    const marks = all.filter(([key, mark]) => mark?.[0] && !isCut(this.actions[key]));
    return Object.fromEntries(marks.map(([key, [value, side]]) => [key, { value, side }]));
  }

  _fire(...names) {
    for (const name of names) this.dispatchEvent(new Event(name));
  }
}

/** Whether a coder is done with anything of a frame. */
const isCoded = (coded) => coded.submitted || coded.judged.length > 0;

function uncodable(place, agreed) {
  const submit = { type: "submit", place };
  return agreed.codable ? [{ type: "setcodable", place, on: false }, submit] : [submit];
}

function takingOver(sequence, frames) {
  const acts = [];
  const marks = {};
  for (const [key, coded] of frames) {
    const place = Number(key);
    for (const part of coded.hidden) acts.push({ type: "sethidden", sequence, place, part, on: true });
    if (!coded.codable) acts.push({ type: "setcodable", sequence, place, on: false }, { type: "submit", sequence, place });
    else marks[place] = Object.fromEntries(Object.entries(coded.marks).map(([action, [value, side]]) => [action, { value, side }]));
  }
  const places = Object.keys(marks);
  for (let from = 0; from < places.length; from += TOGETHER) {
    const some = places.slice(from, from + TOGETHER).map((place) => [place, marks[place]]);
    acts.push({ type: "submitmany", sequence, marks: Object.fromEntries(some) });
  }
  return acts;
}
