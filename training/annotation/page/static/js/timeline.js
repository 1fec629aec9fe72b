/** Time below the picture: which frames are submitted, and episodes in a lane for each action. */
import { $, h, svg } from "./dom.js";
import { SUBMITTED, TOUCHED } from "./runs.js";

const WINDOW = 3000; // frames that the lanes show at once
const LABEL = 46; // pixels for the names of actions
const HOW = "Hold an action's key from onset to offset while playing or stepping, or tap it at both.";
const LISTED = 60;

const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

export class Timeline {
  /** @param {{desk, episodes, here: () => number, onGo: (index: number) => void}} parts */
  constructor(parts) {
    Object.assign(this, parts);
    this._strip = $("#strip");
    this._lanes = $("#lanes");
    this._strip.addEventListener("pointerdown", (event) => this.onGo(this._indexAt(event)));
    this._lanes.addEventListener("pointerdown", (event) => this._lanePressed(event));
    new ResizeObserver(() => this.desk.sequence && this.show()).observe(this._strip);
  }

  show() {
    this._drawStrip();
    const isOn = this.desk.mode === "episodes" || (this.desk.sequence.ordered && this.desk.episodes.size > 0);
    this._lanes.hidden = !isOn;
    if (isOn) this._drawLanes();
    $("#episodes").hidden = this.desk.mode !== "episodes";
    if (this.desk.mode === "episodes") this._list();
  }

  _indexAt(event) {
    const box = this._strip.getBoundingClientRect();
    return Math.floor(((event.clientX - box.left) / box.width) * this.desk.length);
  }

  _drawStrip() {
    const canvas = this._strip;
    const density = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
    if (!width) return;
    [canvas.width, canvas.height] = [width, height];
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const context = canvas.getContext("2d");
    const { length, runs } = this.desk;
    const columns = Math.min(width, length);
    const each = width / columns;
    for (let i = 0; i < columns; i++) {
      const from = Math.floor((i * length) / columns);
      const status = runs.of(from, Math.max(from + 1, Math.floor(((i + 1) * length) / columns)));
      if (status !== SUBMITTED && status !== TOUCHED) continue;
      context.fillStyle = colour(status === SUBMITTED ? "--blue" : "--blue-line");
      const top = status === SUBMITTED ? 0 : height / 2;
      context.fillRect((i * width) / columns, top, Math.max(each > 4 ? each - 1 : each, 1), height);
    }
    context.fillStyle = colour("--orange");
    context.fillRect(((this.here() + 0.5) * width) / length - density * 1.5, 0, density * 3, height);
    const here = this.desk.numberAt(this.here());
    canvas.setAttribute("aria-label", `${runs.submitted} of ${length} frames are submitted; this is frame ${here}`);
  }

  _span() {
    const { length } = this.desk;
    if (length <= WINDOW) return [0, length];
    const from = Math.min(Math.max(0, this.here() - WINDOW / 2), length - WINDOW);
    return [from, from + WINDOW];
  }

  _drawLanes() {
    const { clientWidth: width, clientHeight: height } = this._lanes;
    if (!width || !height) return;
    const [from, to] = this._span();
    const all = this.episodes.all();
    const used = new Set(all.map(([, episode]) => episode.action));
    const actions = this.desk.project.actions.map(({ key }) => key).filter((key) => used.has(key));
    const each = Math.min(height / Math.max(actions.length, 1), 20);
    const x = (frame) => LABEL + ((frame - from) / (to - from)) * (width - LABEL);
    const label = `${many(all.length, "episode")} of ${many(actions.length, "action")}`;
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    actions.forEach((action, i) => {
      const lane = { class: "lane", x: LABEL, y: i * each + 1, width: width - LABEL, height: each - 2 };
      drawing.append(svg("rect", lane));
      if (each >= 9) drawing.append(svg("text", { x: 4, y: i * each + each / 2 + 3.5 }, action));
    });
    for (const [identity, episode] of all) {
      drawing.append(...this._bar(identity, episode, actions.indexOf(episode.action) * each, each, x));
    }
    const now = x(this.here() + 0.5);
    drawing.append(svg("line", { class: "now", x1: now, x2: now, y1: 0, y2: height }));
    if (!all.length) drawing.append(svg("text", { x: LABEL + 8, y: 24 }, HOW));
    this._lanes.replaceChildren(drawing);
  }

  _bar(identity, { onset, offset, apex }, y, each, x) {
    const end = offset ?? Math.max(this.here(), onset);
    const kind = [identity === this.desk.chosen && "chosen", offset === null && "open"].filter(Boolean).join(" ");
    const place = { x: x(onset), y: y + 2, width: Math.max(x(end + 1) - x(onset), 2), height: Math.max(each - 4, 2) };
    const bar = svg("rect", { class: `episode ${kind}`, "data-episode": identity, rx: 2, ...place });
    if (apex === null) return [bar];
    return [bar, svg("rect", { class: "apex", x: x(apex + 0.5) - 1, y: y + 1, width: 2, height: each - 2 })];
  }

  _lanePressed(event) {
    const identity = event.target.dataset?.episode;
    if (identity) return this.episodes.choose(identity);
    const box = this._lanes.getBoundingClientRect();
    const [from, to] = this._span();
    const share = (event.clientX - box.left - LABEL) / (box.width - LABEL);
    return share >= 0 && this.onGo(Math.floor(from + share * (to - from)));
  }

  _list() {
    const all = this.episodes.all();
    const near = all.findIndex(([identity]) => identity === this.desk.chosen);
    const from = Math.max(0, Math.min(near - LISTED / 2, all.length - LISTED));
    const rows = all.slice(from, from + LISTED).map(([identity, episode]) => {
      const isChosen = String(identity === this.desk.chosen);
      const onclick = () => this.episodes.choose(identity);
      const button = { type: "button", "aria-pressed": isChosen, onclick };
      return h("li", {}, h("button", button, this.episodes.words(episode)));
    });
    $("#episodes").replaceChildren(...rows);
    $("#episodes [aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
  }
}
