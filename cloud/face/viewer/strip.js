// The diagram below the face: phases, what led, the action units that moved most, and hatching where nothing was
// measured, over the whole session.

import { clock } from "./words.js";

const COLOURS = {
  neutral: "#b9bdc4",
  happiness: "#e69f00",
  surprise: "#56b4e9",
  sadness: "#0072b2",
  anger: "#d55e00",
  disgust: "#009e73",
  fear: "#cc79a7",
  contempt: "#c9bd1f",
};
const WHITE_ON = new Set(["sadness", "anger", "disgust"]);
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const PHASES = 20;
const MOMENTS = 15;
const RIBBON = 18;
const ROW = 27;
const BETWEEN = 5;
const AXIS = 20;
const UNKNOWN = 255;

export class Strip {
  // `compact`: what led alone, beside a diagram that shows the rest.
  constructor(canvas, track, compact) {
    this.canvas = canvas;
    this.track = track;
    this.hasPhases = !compact && track.told.phases.length > 0;
    this.hasMoments = !compact && track.told.stimuli.length + track.told.marks.length > 0;
    this.rows = compact ? [] : track.told.rowsShown;
    this.whole = Math.max(track.lasted, 0.1);
    const names = track.told.units.filter(([key]) => this.rows.includes(key)).map(([, name]) => name);
    canvas.setAttribute("role", "img");
    canvas.setAttribute(
      "aria-label",
      `Diagram of the session over time: the leading expression${names.length ? `, ${names.join(", ")}` : ""}. Hatched where nothing was measured.`,
    );
  }

  get height() {
    return (this.hasMoments ? MOMENTS : 0) + (this.hasPhases ? PHASES + BETWEEN : 0) + RIBBON + BETWEEN + this.rows.length * (ROW + BETWEEN) + AXIS;
  }

  x(at) {
    return this.left + (Math.min(Math.max(at, 0), this.whole) / this.whole) * (this.width - this.left - this.right);
  }

  at(x) {
    const share = (x - this.left) / (this.width - this.left - this.right);
    return Math.min(Math.max(share, 0), 1) * this.whole;
  }

  draw(width, style) {
    this.width = width;
    this.left = width >= 620 ? 184 : 48;
    this.right = 8;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.height = `${this.height}px`;
    this.pen = this.canvas.getContext("2d");
    this.pen.scale(ratio, ratio);
    this.style = style;
    this.bin();
    let top = 0;
    if (this.hasMoments) {
      this.moments(top);
      top += MOMENTS;
    }
    if (this.hasPhases) {
      this.phases(top);
      top += PHASES + BETWEEN;
    }
    const first = top;
    this.ribbon(top);
    top += RIBBON + BETWEEN;
    for (const key of this.rows) {
      this.unit(key, top);
      top += ROW + BETWEEN;
    }
    this.hatch(first, top - BETWEEN, (pixel) => !this.seen[pixel]);
    this.axis(top);
  }

  // Rows of the track within each pixel: the first, and one after the last; and whether most of it was measured.
  bin() {
    const { track, left } = this;
    const count = Math.max(Math.floor(this.width - left - this.right), 1);
    this.first = new Int32Array(count);
    this.last = new Int32Array(count);
    this.seen = new Uint8Array(count);
    for (let pixel = 0; pixel < count; pixel++) {
      const [begin, end] = [(pixel / count) * this.whole, ((pixel + 1) / count) * this.whole];
      const before = track.row(begin);
      const after = track.before(end - 1e-9) + 1;
      const from = before >= 0 ? before : Math.max(track.before(begin) + 1, 0);
      this.first[pixel] = from;
      this.last[pixel] = Math.max(after, from);
      let measured = 0;
      for (let row = from; row < this.last[pixel]; row++) {
        if (!track.why(row)) measured += Math.min(track.end(row), end) - Math.max(track.times[row], begin);
      }
      this.seen[pixel] = measured >= (end - begin) / 2 ? 1 : 0;
    }
  }

  most(name, pixel) {
    const bytes = this.track.columns[name]?.bytes;
    let found = -1;
    for (let row = this.first[pixel]; bytes && row < this.last[pixel]; row++) {
      if (bytes[row] !== UNKNOWN && bytes[row] > found) found = bytes[row];
    }
    return found < 0 ? NaN : found * this.track.columns[name].step;
  }

  ribbon(top) {
    const { pen, style } = this;
    this.label("Leading expression", "", top + RIBBON / 2);
    const bytes = this.track.columns.leading.bytes;
    const counts = new Uint16Array(this.track.told.leading.length);
    let run = null;
    const unknown = new Set();
    const done = (until) => {
      if (!run || !run.name) return;
      const colour = COLOURS[run.name];
      const [x, wide] = [this.left + run.from, until - run.from];
      pen.fillStyle = colour || style.soft;
      pen.fillRect(x, top, wide, RIBBON);
      if (run.name === "readings disagree") this.lines(x, top, wide, RIBBON, true);
      pen.font = `12px ${this.style.font}`;
      if (pen.measureText(run.name).width + 12 < wide) {
        pen.fillStyle = !colour ? style.quiet : WHITE_ON.has(run.name) ? "#fff" : "#15181d";
        pen.textBaseline = "middle";
        pen.textAlign = "center";
        pen.fillText(run.name, x + wide / 2, top + RIBBON / 2 + 0.5);
      }
    };
    for (let pixel = 0; pixel <= this.first.length; pixel++) {
      let name = null;
      if (pixel < this.first.length && this.seen[pixel]) {
        counts.fill(0);
        for (let row = this.first[pixel]; row < this.last[pixel]; row++) if (bytes[row] !== UNKNOWN) counts[bytes[row]]++;
        const best = counts.indexOf(Math.max(...counts));
        name = counts[best] ? this.track.told.leading[best] : null;
      }
      if (pixel < this.first.length && this.seen[pixel] && !name) unknown.add(pixel);
      if (!run || run.name !== name || pixel === this.first.length) {
        done(pixel);
        run = { name, from: pixel };
      }
    }
    this.hatch(top, top + RIBBON, (pixel) => unknown.has(pixel));
  }

  unit(key, top) {
    const { pen, style } = this;
    const [, name, tier] = this.track.told.units.find(([one]) => one === key);
    this.label(key, name.slice(key.length + 1), top + ROW - 9, tier);
    pen.fillStyle = style.line;
    pen.fillRect(this.left, top + ROW - 1, this.first.length, 1);
    pen.fillStyle = style.blue;
    pen.globalAlpha = tier === "reported" ? 0.9 : tier === "experimental" ? 0.45 : 0.65;
    for (let pixel = 0; pixel < this.first.length; pixel++) {
      const value = this.seen[pixel] ? this.most(key, pixel) : NaN;
      if (value > 0) {
        const tall = (value / 5) * ROW;
        pen.fillRect(this.left + pixel, top + ROW - tall, 1.02, tall);
      }
    }
    pen.globalAlpha = 1;
    this.hatch(top, top + ROW, (pixel) => this.seen[pixel] && Number.isNaN(this.most(key, pixel)));
  }

  // Hatching over the pixels of which `unknown` says so.
  hatch(top, bottom, unknown) {
    let from = -1;
    for (let pixel = 0; pixel <= this.seen.length; pixel++) {
      const here = pixel < this.seen.length && unknown(pixel);
      if (here && from < 0) from = pixel;
      if (!here && from >= 0) {
        this.lines(this.left + from, top, pixel - from, bottom - top, false);
        from = -1;
      }
    }
  }

  lines(x, y, wide, tall, crossed) {
    const { pen, style } = this;
    pen.save();
    pen.beginPath();
    pen.rect(x, y, wide, tall);
    pen.clip();
    pen.fillStyle = style.soft;
    if (!crossed) pen.fillRect(x, y, wide, tall);
    pen.strokeStyle = style.quiet;
    pen.globalAlpha = 0.5;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let at = Math.floor((x - tall) / 7) * 7; at < x + wide + tall; at += 7) {
      pen.moveTo(at, y + tall);
      pen.lineTo(at + tall, y);
      if (crossed) {
        pen.moveTo(at, y);
        pen.lineTo(at + tall, y + tall);
      }
    }
    pen.stroke();
    pen.restore();
  }

  phases(top) {
    const { pen, style } = this;
    this.label("Phases", "", top + PHASES / 2);
    pen.font = `12px ${this.style.font}`;
    this.track.told.phases.forEach(([name, begin, end], number) => {
      const [x, until] = [this.x(begin), this.x(end)];
      pen.fillStyle = style.line;
      pen.globalAlpha = number % 2 ? 0.55 : 1;
      pen.fillRect(x, top, until - x, PHASES);
      pen.globalAlpha = 1;
      if (pen.measureText(name).width + 12 < until - x) {
        pen.fillStyle = style.ink;
        pen.fillText(name, x + 6, top + PHASES / 2 + 0.5);
      }
    });
  }

  // What was shown or asked points down, what somebody marked points up.
  moments(top) {
    const { pen, style } = this;
    const { stimuli, marks } = this.track.told;
    this.label([stimuli.length && "Stimuli", marks.length && "marks"].filter(Boolean).join(" and "), "", top + 6);
    for (const [moments, sign, colour] of [[stimuli, -1, style.orange], [marks, 1, style.ink]]) {
      pen.fillStyle = colour;
      for (const [, at] of moments) {
        const x = this.x(at);
        pen.beginPath();
        pen.moveTo(x - 5, top + 6 + 5 * sign);
        pen.lineTo(x + 5, top + 6 + 5 * sign);
        pen.lineTo(x, top + 6 - 5 * sign);
        pen.fill();
      }
    }
  }

  label(head, rest, y, tier = "reported") {
    const { pen, style } = this;
    const narrow = this.left < 100;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillStyle = style.ink;
    pen.font = `13px ${this.style.font}`;
    if (narrow && !rest) return;
    pen.fillText(head, 0, y);
    if (narrow || !rest) return;
    const from = pen.measureText(`${head} `).width;
    pen.fillStyle = style.quiet;
    const sign = tier === "reported" ? "" : tier === "experimental" ? " °°" : " °";
    pen.fillText(`${rest}${sign}`, from, y, this.left - from - 8);
  }

  axis(top) {
    const { pen, style } = this;
    const wide = this.first.length;
    const most = Math.max(Math.floor(wide / 78), 2);
    const step = STEPS_S.find((one) => this.whole / one <= most) || STEPS_S[STEPS_S.length - 1];
    pen.font = `12px ${this.style.font}`;
    pen.textBaseline = "top";
    for (let at = 0; at <= this.whole; at += step) {
      const x = this.x(at);
      const text = clock(at);
      const half = pen.measureText(text).width / 2;
      if (x + half > this.width) continue;
      pen.fillStyle = style.line;
      pen.fillRect(x, top - 1, 1, 4);
      pen.fillStyle = style.quiet;
      pen.textAlign = at === 0 ? "left" : "center";
      pen.fillText(text, x, top + 5);
    }
  }
}
