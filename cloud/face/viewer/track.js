// A session over time, as `cloud/face/packed.py` tells it.

const UNKNOWN = 255;

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export async function unpack(told) {
  return new Track(told, await inflated(told.data));
}

export class Track {
  constructor(told, data) {
    this.told = told;
    this.rows = told.rows;
    this.lasted = told.lasted;
    this.times = new Float64Array(this.rows);
    const steps = new DataView(data.buffer, data.byteOffset);
    for (let row = 0, at = 0; row < this.rows; row++) {
      at += steps.getUint32(4 * row, true);
      this.times[row] = at / 1000;
    }
    this.columns = {};
    told.columns.forEach(([name, low, step], number) => {
      const bytes = data.slice((4 + number) * this.rows, (5 + number) * this.rows);
      for (let row = 1; row < this.rows; row++) bytes[row] += bytes[row - 1]; // differences, modulo 256
      this.columns[name] = { bytes, low, step };
    });
    this.units = told.units.filter(([key]) => key in this.columns);
    const sides = this.units.flatMap(([key, , , sided]) => (sided ? [`${key}_L`, `${key}_R`] : [key]));
    this.targets = [...sides, ...["AD61", "AD62", "AD63", "AD64"].filter((code) => code in this.columns)];
  }

  // Until when a row stands, seconds: what comes next, or a gap.
  end(row) {
    if (row === this.rows - 1) return Math.max(this.lasted, this.times[row]);
    return Math.min(this.times[row + 1], this.times[row] + this.told.stands);
  }

  // The last row that began at or before a moment; -1 before the first.
  before(at) {
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // The row that stands at a moment, -1 in a gap. The session's very end still shows its last row.
  row(at) {
    const row = this.before(at);
    if (row < 0) return -1;
    const end = this.end(row);
    return at < end || (row === this.rows - 1 && at <= end) ? row : -1;
  }

  byte(name, row) {
    return this.columns[name]?.bytes[row] ?? UNKNOWN;
  }

  value(name, row) {
    const column = this.columns[name];
    const byte = column ? column.bytes[row] : UNKNOWN;
    return byte === UNKNOWN ? NaN : byte * column.step + column.low;
  }

  // Why a row shows nothing, in words; "" where the face was measured.
  why(row) {
    return row < 0 ? "no data came" : this.told.words[this.byte("why", row)];
  }

  hidden(row) {
    const bits = row < 0 ? 0 : this.byte("hidden", row);
    return this.told.hidden.filter((words, bit) => (bits >> bit) & 1);
  }

  leading(row) {
    const number = row < 0 ? UNKNOWN : this.byte("leading", row);
    return number === UNKNOWN ? "" : this.told.leading[number];
  }

  // Intensity of a unit, or of one side of it ("L" or "R"); NaN where it was not measured.
  intensity(key, row, side = "") {
    const own = side && `${key}_${side}` in this.columns ? `${key}_${side}` : key;
    return this.value(own, row);
  }

  // What the face is to show: weights of targets, and the turn of the head in degrees. `between`: on the way to the next
  // row where that follows.
  state(at, between) {
    const row = this.row(at);
    const why = this.why(row);
    const state = { row, why, hidden: this.hidden(row), weights: {}, turn: { yaw: 0, pitch: 0, roll: 0 } };
    if (row < 0) return state;
    const next = between && row + 1 < this.rows && this.times[row + 1] <= this.end(row) + 1e-9 ? row + 1 : row;
    const same = next !== row && this.byte("why", next) === this.byte("why", row);
    const share = same ? Math.min((at - this.times[row]) / Math.max(this.times[next] - this.times[row], 1e-9), 1) : 0;
    const mixed = (name) => {
      const here = this.value(name, row);
      const there = share ? this.value(name, next) : NaN;
      return Number.isNaN(there) ? here : here + (there - here) * share;
    };
    for (const axis of Object.keys(state.turn)) state.turn[axis] = mixed(axis) || 0;
    if (why) return state;
    for (const target of this.targets) {
      const unit = target.split("_")[0];
      const value = mixed(target in this.columns ? target : unit);
      if (value > 0) state.weights[target] = unit.startsWith("AD") ? value : Math.min(value / 5, 1);
    }
    return state;
  }

  // Seconds since 1970, null where nobody knows.
  wall(at) {
    const known = this.told.wall.filter(([begin]) => begin <= at + 1e-9).pop();
    return known ? known[1] + (at - known[0]) : null;
  }
}
