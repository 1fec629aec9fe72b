/** Pictures of frames: those around where the coder is are there before they are asked for. */
import { bytes } from "./net.js";

const AHEAD = 16;
const BEHIND = 6;
const MOST = 2000;

export class Pictures {
  /**
   * @param {(index: number) => string} url of the picture at an index
   * @param {{length: number, pixels?: number, parallel?: number}} how: number of pictures; how many pixels stay decoded,
   *   though never fewer pictures than are near; how many are asked for at once
   */
  constructor(url, { length, pixels = 100e6, parallel = 4 }) {
    this._url = url;
    this._length = length;
    this._pixels = pixels;
    this._parallel = parallel;
    this._kept = new Map(); // index → ImageBitmap, oldest use first
    this._asked = new Map(); // index → promise
    this._wanted = []; // indices to ask for next
    this._running = 0;
    this._closed = false;
  }

  /** The picture at an index, if it is there. */
  peek(index) {
    const found = this._kept.get(index);
    if (found) {
      this._kept.delete(index);
      this._kept.set(index, found);
    }
    return found;
  }

  /** The picture at an index. Rejects with the program's sentence where there is none. */
  get(index) {
    const found = this.peek(index);
    return found ? Promise.resolve(found) : this._load(index);
  }

  /** Have those around an index, more of them in the direction of going (+1, -1). */
  near(index, direction = 1) {
    const wanted = [];
    for (let i = 1; i <= AHEAD; i++) {
      wanted.push(index + i * direction);
      if (i <= BEHIND) wanted.push(index - i * direction);
    }
    this._wanted = wanted.filter((i) => i >= 0 && i < this._length && !this._kept.has(i));
    this._pump();
  }

  /** Have these next. */
  want(indices) {
    this._wanted = indices.filter((index) => !this._kept.has(index));
    this._pump();
  }

  close() {
    this._closed = true;
    this._wanted = [];
    this._kept.forEach((picture) => picture.close());
    this._kept.clear();
  }

  _pump() {
    while (this._running < this._parallel && this._wanted.length) {
      const index = this._wanted.shift();
      if (this._kept.has(index) || this._asked.has(index)) continue;
      this._running += 1;
      this._load(index)
        .catch(() => null) // told when the coder comes to it
        .finally(() => {
          this._running -= 1;
          this._pump();
        });
    }
  }

  _load(index) {
    if (!this._asked.has(index)) {
      const loading = this._decoded(index).finally(() => this._asked.delete(index));
      this._asked.set(index, loading);
    }
    return this._asked.get(index);
  }

  async _decoded(index) {
    const picture = await createImageBitmap(await bytes(this._url(index)));
    if (this._closed) return picture;
    this._kept.set(index, picture);
    const most = Math.max(this._pixels / (picture.width * picture.height), AHEAD + BEHIND + 2);
    while (this._kept.size > Math.min(most, MOST)) {
      const [oldest, former] = this._kept.entries().next().value;
      this._kept.delete(oldest);
      setTimeout(() => former.close(), 1000); // perhaps it is just being drawn
    }
    return picture;
  }
}
