/** Playing: the last frames up to now, on from here, or an episode over and over; at the speed that was chosen. */

const AHEAD = 16; // frames that are asked for before they are due
const USUAL_RATE = 25; // frames a second, where nobody said how many there are
const SETTLED_FRAMES = 4; // decoded before playing begins

/** Events: `frame` (another frame is shown), `end`. */
export class Player extends EventTarget {
  constructor(desk) {
    super();
    this._desk = desk;
    this.speed = 1;
    this.last = 30;
    this.at = null; // index that is shown, null while nothing plays
    this._turn = 0;
  }

  get isPlaying() {
    return this.at !== null;
  }

  /** The last frames up to now: ends where it began. */
  playLast() {
    const now = this._desk.index;
    return this._play(Math.max(0, now - this.last + 1), now, { returns: now });
  }

  /** On from here, and stay where it stops. */
  run() {
    return this._play(this._desk.index, this._desk.length - 1, { moves: true });
  }

  /** From one index to another, again and again. */
  loop(from, to) {
    return this._play(from, to, { returns: this._desk.index, again: true });
  }

  stop() {
    this._turn += 1;
    if (!this.isPlaying) return;
    const { at, _how: how } = this;
    this.at = null;
    this.dispatchEvent(new Event("end"));
    if (how.moves) this._desk.go(at);
  }

  async _play(from, to, how) {
    this.stop();
    const { pictures, sequence } = this._desk;
    if (!sequence.ordered || from >= to) return;
    const turn = ++this._turn;
    this._how = how;
    this._show(from);
    pictures.want(Array.from({ length: Math.min(to - from + 1, AHEAD) }, (_, i) => from + i));
    await Promise.allSettled(Array.from({ length: SETTLED_FRAMES }, (_, i) => pictures.get(Math.min(from + i, to))));
    do await this._once(turn, from, to);
    while (how.again && turn === this._turn);
    if (turn === this._turn) this.stop();
  }

  /** Each frame at its time; where pictures come late, all wait, and none is left out. */
  async _once(turn, from, to) {
    const { pictures, sequence } = this._desk;
    let began = null;
    for (let index = from; index <= to && turn === this._turn; index++) {
      if (!pictures.peek(index)) {
        await pictures.get(index).catch(() => null);
        began = null;
      }
      if (turn !== this._turn) return;
      const at = 1000 * (sequence.times_s?.[index] ?? index / USUAL_RATE);
      const now = performance.now();
      began ??= now - at / this.speed;
      await until(began + at / this.speed, now);
      if (turn !== this._turn) return;
      this._show(index);
      pictures.want(Array.from({ length: AHEAD }, (_, i) => index + 1 + i).filter((i) => i <= to));
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }

  _show(index) {
    this.at = index;
    this.dispatchEvent(new Event("frame"));
  }
}

function until(time, now) {
  return new Promise((resolve) => {
    if (time - now > 20) setTimeout(() => requestAnimationFrame(resolve), time - now - 12);
    else requestAnimationFrame(resolve);
  });
}
