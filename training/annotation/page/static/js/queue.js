/**
 * The way of what a coder does to the disk: nothing is lost between the key and the journal.
 *
 *     key ─► add() ─► localStorage ─► POST /api/acts ─► acknowledged: on the disk ─► taken from localStorage
 *                          ▲                │
 *                          └── no answer ◄──┘   (again after ½, 1, 2, 4 s …; after a new start of the browser, too)
 *
 * Each act has a number within its client, by which the program knows what it has already.
 */
import { post, Refused } from "./net.js";

const FIRST_MS = 500;
const LONGEST_MS = 4000;
const MOST = 200; // acts of one request
const TAKEN = 409; // somebody else codes as this coder
const NEVER = [400, 413]; // what the program can make nothing of, however often it is sent

export class Queue {
  /**
   * @param {string} name of project and coder: what belongs to others is left alone
   * @param {string} seat under which this page codes
   * @param {{onState, onAnswer, onRefused, onStopped}} hooks: whenever `state` changes; with an answer of the
   *   program; with the sentence of an act that it does not take; when it takes none at all of this page any more
   */
  constructor(name, seat, hooks) {
    this._prefix = `affectbox-coding/${name}/`;
    this._seat = seat;
    this._hooks = hooks;
    this.client = `${Date.now().toString(36)}-${crypto.randomUUID()}`; // sorted, the oldest page comes first
    this._next = 1;
    this._spare = new Map(); // where the browser keeps nothing: private windows, a full disk
    this._waits = FIRST_MS;
    this._busy = false;
    this._idle = [];
    this.acknowledged = 0; // requests with acts, so far
    this.reachable = true;
    this.trouble = ""; // the program's sentence, where it answers and cannot save (a full disk)
    this.stopped = false;
  }

  /** Acts that were not acknowledged, of this page and of ones that were closed before. */
  get pending() {
    return this._keys().length;
  }

  get state() {
    const { pending, reachable, stopped, trouble } = this;
    return { pending, reachable, stopped, trouble };
  }

  /** Keep an act, and send it as soon as can be. */
  add(act) {
    const number = this._next++;
    const key = `${this._prefix}${this.client}/${String(number).padStart(9, "0")}`;
    this._keep(key, JSON.stringify({ number, act }));
    this._changed();
    this._send();
    return number;
  }

  /** Send what earlier pages left behind. Resolves when nothing is left, or the program does not answer. */
  async begin() {
    await this._send();
  }

  /** Acts that are not yet acknowledged, oldest first. */
  waiting() {
    return this._keys().map((key) => this._read(key).act);
  }

  /** Resolves when everything is on the disk. */
  whenEmpty() {
    if (!this.pending) return Promise.resolve();
    return new Promise((resolve) => this._idle.push(resolve));
  }

  /** Try now. */
  hurry() {
    clearTimeout(this._timer);
    return this._send();
  }

  /** No more of this page: another one codes as this coder. What is kept stays kept. */
  stop() {
    this.stopped = true;
    this._changed();
  }

  _keep(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      this._spare.set(key, value);
    }
  }

  _read = (key) => JSON.parse(localStorage.getItem(key) ?? this._spare.get(key));

  _forget(key) {
    localStorage.removeItem(key);
    this._spare.delete(key);
  }

  _keys() {
    const found = [...this._spare.keys()];
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key.startsWith(this._prefix)) found.push(key);
    }
    return found.sort();
  }

  /** The next acts of one client, that of earlier pages first. */
  _batch() {
    const keys = this._keys();
    const clientOf = (key) => key.slice(this._prefix.length).split("/")[0];
    const others = keys.filter((key) => clientOf(key) !== this.client);
    const client = clientOf(others[0] ?? keys[0]);
    const mine = keys.filter((key) => clientOf(key) === client).slice(0, MOST);
    return { client, keys: mine, acts: mine.map(this._read) };
  }

  async _send() {
    if (this._busy || this.stopped) return;
    this._busy = true;
    try {
      while (this.pending && !this.stopped) await this._sendSome();
      if (!this.pending) this._idle.splice(0).forEach((resolve) => resolve());
    } catch (error) {
      this._later(error);
    } finally {
      this._busy = false;
      this._changed();
    }
  }

  async _sendSome() {
    const { client, keys, acts } = this._batch();
    const answer = await this._posted(client, acts);
    keys.forEach((key) => this._forget(key));
    this.acknowledged += 1;
    this.reachable = true;
    this.trouble = "";
    this._waits = FIRST_MS;
    this._changed();
    for (const { error } of answer.refused ?? []) this._hooks.onRefused(error);
    this._hooks.onAnswer(answer, client === this.client);
  }

  async _posted(client, acts) {
    try {
      return await post("/api/acts", { client, seat: this._seat, acts });
    } catch (error) {
      if (!(error instanceof Refused) || !NEVER.includes(error.status)) throw error;
      return { refused: acts.map(({ number }) => ({ number, error: error.message })) };
    }
  }

  _later(error) {
    if (error instanceof Refused && error.status === TAKEN) {
      this.stop();
      this._hooks.onStopped(error.message);
      return;
    }
    this.reachable = false;
    this.trouble = error instanceof Refused ? error.message : "";
    this._timer = setTimeout(() => this._send(), this._waits);
    this._waits = Math.min(2 * this._waits, LONGEST_MS);
  }

  _changed() {
    this._hooks.onState(this.state);
  }
}
