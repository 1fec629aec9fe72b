/** How far each frame of a sequence is, in the order of coding: untouched, touched or submitted. */

export const UNTOUCHED = 0;
export const TOUCHED = 1;
export const SUBMITTED = 2;

export class Runs {
  /** `runs`: [[status, how many], …] from the first frame on. */
  constructor(runs, length) {
    this._all = new Uint8Array(length);
    let at = 0;
    for (const [status, many] of runs) {
      this._all.fill(status, at, at + many);
      at += many;
    }
    this.submitted = this._all.reduce((sum, status) => sum + (status === SUBMITTED), 0);
  }

  get length() {
    return this._all.length;
  }

  set(index, status) {
    this.submitted += (status === SUBMITTED) - (this._all[index] === SUBMITTED);
    this._all[index] = status;
  }

  /** The next index after one that is not submitted, from the start again if need be; undefined where all are. */
  next(index) {
    for (let i = 1; i <= this.length; i++) {
      const at = (index + i + this.length) % this.length;
      if (this._all[at] !== SUBMITTED) return at;
    }
    return undefined;
  }

  /** The furthest status of the indices from…to-1. */
  of(from, to) {
    let found = SUBMITTED;
    let touched = false;
    for (let i = from; i < to; i++) {
      found = Math.min(found, this._all[i]);
      touched ||= this._all[i] !== UNTOUCHED;
    }
    return found === UNTOUCHED && touched ? TOUCHED : found;
  }
}
