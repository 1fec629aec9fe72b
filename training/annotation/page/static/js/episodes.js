/**
 * Episodes by press and release: a key that is held from onset to offset, while playing or stepping; or a tap at the
 * onset and one at the offset. A tap within an episode chooses it, for its apex, its edges, its strength.
 */
import { LETTERS, SIDES } from "./coded.js";
import { hint, say } from "./say.js";

const TAP_MS = 250;

export class Episodes {
  /** @param {() => number} here: the frame that is shown, also while playing */
  constructor(desk, here) {
    Object.assign(this, { _desk: desk, _here: here, _next: 1 });
    this.held = new Map(); // action → { identity, since, from, isNew }
  }

  /** The one that is chosen, or undefined. */
  get chosen() {
    return this._desk.episodes.get(this._desk.chosen);
  }

  /** All, in the order of onsets: [identity, episode]. */
  all() {
    return [...this._desk.episodes].sort(([, a], [, b]) => a.onset - b.onset || a.action.localeCompare(b.action));
  }

  /** A key goes down `when` (ms as of `performance.now()`, however late that is heard of). */
  press(action, strong, when) {
    if (this.held.has(action)) return;
    const at = this._here();
    const known = this._at(action, at);
    if (known && known[1].offset !== null) return this.choose(known[0]);
    const identity = known ? known[0] : `${this._desk.queue.client}-${this._next++}`;
    this.held.set(action, { identity, since: when, from: at, isNew: !known });
    if (known) return this._end(identity, at);
    const { scale, level, largest } = this._desk.project;
    const value = scale === "presence" ? 1 : Math.min(level + (strong ? 1 : 0), largest);
    this._put(identity, { action, onset: at, offset: null, apex: null, value, side: "" });
    say(`${action}: onset at ${this._desk.numberAt(at)}`);
    return undefined;
  }

  release(action, when = performance.now()) {
    const held = this.held.get(action);
    this.held.delete(action);
    if (!held?.isNew) return;
    const at = this._here();
    if (at !== held.from || when - held.since > TAP_MS) this._end(held.identity, at);
    else this._desk.changed("coded");
  }

  /** Keys that are down when the window is left are let go. */
  releaseAll() {
    [...this.held.keys()].forEach((action) => this.release(action));
  }

  choose(identity) {
    this._desk.chosen = identity;
    const episode = this.chosen;
    if (episode) say(this.words(episode));
    this._desk.changed("coded");
  }

  /** Choose the one before (-1) or after (1). */
  step(by) {
    const all = this.all();
    if (!all.length) return;
    const at = all.findIndex(([identity]) => identity === this._desk.chosen);
    this.choose(all[(at + by + all.length) % all.length][0]);
  }

  digit(digit) {
    const episode = this.chosen;
    if (!episode) return hint("Choose an episode first.");
    if (digit === 0) return this.remove();
    const side = SIDES[digit - 6];
    if (digit > 5) return this._change({ side: episode.side === side ? "" : side });
    if (digit <= this._desk.project.largest) this._change({ value: digit });
    return undefined;
  }

  onset = () => this.chosen && this._edge("onset");
  offset = () => this.chosen && this._edge("offset");
  apex = () => this.chosen && this._edge("apex");

  remove() {
    if (!this.chosen) return;
    say(`${this.chosen.action} removed`);
    this._desk.act({ type: "removeepisode", identity: this._desk.chosen });
    this._desk.chosen = "";
  }

  /** What of an action holds at the frame that is shown, as a frame's mark. */
  markOf(action) {
    const now = this._at(action, this._here());
    return now ? [now[1].value, now[1].side] : [0, ""];
  }

  /** An episode in words. */
  words({ action, onset, offset, apex, value, side }) {
    const strength = this._desk.project.scale === "intensity" ? ` ${LETTERS[value]}` : "";
    const number = (index) => this._desk.numberAt(index);
    const end = offset === null ? "still open" : `to ${number(offset)}`;
    const peak = apex === null ? "" : `apex ${number(apex)}`;
    return [`${action}${strength}`, side, `${number(onset)} ${end}`, peak].filter(Boolean).join(", ");
  }

  _edge(name) {
    const at = this._here();
    const changed = { ...this.chosen, [name]: at };
    const end = changed.offset ?? Infinity;
    if (changed.onset > end || (changed.apex !== null && (changed.apex < changed.onset || changed.apex > end))) {
      if (name === "apex") return hint("The apex lies between onset and offset.");
      if (changed.onset > end) return hint("The onset lies before the offset.");
      changed.apex = null;
    }
    this._put(this._desk.chosen, changed);
    return say(`${name} at ${this._desk.numberAt(at)}`);
  }

  _change(changes) {
    this._put(this._desk.chosen, { ...this.chosen, ...changes });
    say(this.words(this.chosen));
  }

  _end(identity, at) {
    const episode = this._desk.episodes.get(identity);
    if (!episode) return;
    const [onset, offset] = [Math.min(episode.onset, at), Math.max(episode.onset, at)];
    this._put(identity, { ...episode, onset, offset });
    say(`${episode.action}: offset at ${this._desk.numberAt(offset)}`);
  }

  _at(action, at) {
    const holds = ([, one]) => one.action === action && (one.offset === null || (one.onset <= at && at <= one.offset));
    return [...this._desk.episodes].find(holds);
  }

  _put(identity, episode) {
    this._desk.chosen = identity;
    this._desk.act({ type: "putepisode", identity, episode });
  }
}
