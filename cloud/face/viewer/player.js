// The player: face, what shows now in words, diagram, time.

import { context, Head } from "./head.js";
import { made, icon } from "./made.js";
import { follow } from "./page.js";
import { Strip } from "./strip.js";
import css from "./style.css";
import { clock, ofDay, shown, sides, spoken } from "./words.js";

const SPEEDS = [1, 2, 5, 10];
const PICTURES_S = 40; // a second
const MOST_SHOWN = 6;
const SETTLES_MS = 250;
const TIERS = { reported: "", "low-confidence": "low confidence", experimental: "experimental" };
const NO_3D = "This browser shows no 3D picture (WebGL 2 is off or missing). Words and diagram work all the same.";

export class Player {
  constructor(place, track, face, { root = null, compact = false }) {
    this.compact = compact;
    this.place = place;
    place.viewer = this;
    this.track = track;
    this.time = 0;
    this.peeked = null;
    this.playing = false;
    this.speed = 1;
    this.onseek = null;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.ended = new AbortController();
    this.build(face);
    this.follower = root ? follow(this, root) : null;
    this.wire();
    this.resize();
    this.show();
  }

  get calm() {
    return this.still.matches;
  }

  // What can be done from outside.

  seek(at) {
    this.time = Math.min(Math.max(at, 0), this.track.lasted);
    this.began = null;
    this.peeked = null;
    this.show();
    this.tell();
  }

  // Show another moment for a while, such as the one that is pointed at; null: go back.
  peek(at) {
    if (this.playing) return;
    this.peeked = at === null ? null : Math.min(Math.max(at, 0), this.track.lasted);
    this.show();
  }

  play() {
    if (this.playing || !this.track.rows) return;
    if (this.time >= this.track.lasted - 0.05) this.time = 0;
    this.playing = true;
    this.peeked = null;
    this.began = null;
    this.reflect();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.reflect();
    this.show();
    this.tell();
  }

  stop() {
    this.pause();
    clearTimeout(this.settling);
    this.ended.abort();
    this.sizes.disconnect();
    this.follower?.stop();
    this.head?.stop();
    this.place.shadowRoot.replaceChildren();
  }

  // How it goes on.

  tick(now) {
    if (!this.playing) return;
    if (this.began === null) [this.began, this.from, this.drawn] = [now, this.time, -Infinity];
    this.time = Math.min(this.from + ((now - this.began) / 1000) * this.speed, this.track.lasted);
    if (now - this.drawn >= 1000 / PICTURES_S - 2) {
      this.drawn = now;
      this.show();
      this.tell();
    }
    if (this.time >= this.track.lasted) return this.pause();
    this.frame = requestAnimationFrame((later) => this.tick(later));
  }

  tell() {
    this.onseek?.(this.time, this.playing);
    this.place.dispatchEvent(new CustomEvent("affectbox-seek", { bubbles: true, detail: { s: this.time, playing: this.playing } }));
  }

  step(rows) {
    this.pause();
    const row = this.track.before(this.time + 1e-6) + rows;
    this.seek(this.track.rows ? this.track.times[Math.min(Math.max(row, 0), this.track.rows - 1)] : 0);
  }

  faster(speed) {
    this.speed = speed;
    this.began = null;
    this.reflect();
  }

  // What is seen.

  show() {
    const at = this.peeked ?? this.time;
    const state = this.track.state(at, this.playing && !this.calm);
    this.showFace(state);
    this.showTime(at);
    if (this.told !== state.row || this.toldWhy !== state.why) this.showWords(state);
    this.cursor.style.left = `${this.strip.x(at)}px`;
    this.follower?.show(at);
  }

  showFace({ weights, turn, why, hidden }) {
    this.stage.classList.toggle("faded", why !== "");
    const words = why ? `not measured: ${why}` : hidden.length ? `${hidden.join(", ")}: at rest there` : "";
    if (this.whyWords.textContent !== words) this.whyWords.textContent = words;
    this.whyWords.hidden = !words;
    if (!this.head) return;
    const wanted = JSON.stringify([weights, turn, hidden, this.head.around, this.head.above]);
    if (wanted === this.pictured) return;
    this.pictured = wanted;
    const shape = JSON.stringify([weights, turn]);
    if (shape !== this.shaped) this.head.shape(weights, turn);
    this.shaped = shape;
    const [upper, lower] = this.track.told.hidden;
    this.head.hide(hidden.includes(upper), hidden.includes(lower));
    this.head.draw(false);
    this.settle();
  }

  // When nothing has moved for a moment, the face is drawn finely.
  settle() {
    clearTimeout(this.settling);
    this.settled = this.head.fine === this.head.coarse;
    if (this.settled) return;
    this.settling = setTimeout(() => {
      this.head.draw(true);
      this.settled = true;
    }, SETTLES_MS);
  }

  showTime(at) {
    const tenths = !this.playing;
    this.timeWords.textContent = clock(at, tenths);
    this.dayWords.textContent = ofDay(this.track.wall(at), this.track.told.zone);
    if (!this.dragging) this.slider.value = String(at);
    this.slider.setAttribute("aria-valuetext", `${spoken(at)} of ${spoken(this.track.lasted)}`);
  }

  showWords(state) {
    [this.told, this.toldWhy] = [state.row, state.why];
    const leading = this.track.leading(state.row);
    this.leads.textContent = state.why && !leading ? "" : leading;
    this.leads.parentElement.hidden = !leading;
    const found = shown(this.track, state.row);
    const lines = found.slice(0, MOST_SHOWN).map(line);
    const rest = found.length - lines.length;
    if (rest > 0) lines.push(made("li", { class: "quiet" }, `and ${rest} more`));
    const measured = state.why === "";
    if (!found.length) {
      const words = measured ? "Nothing that reaches 1, FACS A: the face is at rest." : `Not measured: ${state.why}.`;
      lines.push(made("li", { class: "quiet" }, words));
    }
    for (const part of measured ? state.hidden : []) lines.push(made("li", { class: "quiet" }, `Not measured there: ${part}.`));
    this.list.replaceChildren(...lines);
    const said = found.slice(0, 3).map((one) => `${one.key} ${one.most.toFixed(1)}`).join(", ");
    this.canvas.setAttribute("aria-label", `A standard face: ${measured ? said || "at rest" : `faded, not measured: ${state.why}`}`);
    if (!this.playing) this.status.textContent = `${clock(this.peeked ?? this.time, true)}. ${measured ? said || "At rest" : `Not measured: ${state.why}`}.`;
  }

  reflect() {
    this.playButton.replaceChildren(icon(this.playing ? "pause" : "play"), this.playing ? "Pause" : "Play");
    for (const button of this.speeds) button.setAttribute("aria-pressed", String(Number(button.value) === this.speed));
  }

  resize() {
    const width = Math.max(Math.floor(this.diagram.clientWidth), 200);
    this.strip.draw(width, this.colours());
    this.slider.style.marginLeft = `${this.strip.left - 9}px`;
    this.slider.style.width = `${width - this.strip.left - this.strip.right + 18}px`;
    this.pictured = ""; // what was drawn is gone
    this.head?.resize(Math.max(this.stage.clientWidth, 50), Math.max(this.stage.clientHeight, 50));
    this.show();
  }

  // Colours and font as the page has them now.
  colours() {
    const probe = this.place.shadowRoot.querySelector(".probe");
    const names = ["ink", "quiet", "line", "soft", "blue", "orange"];
    const found = names.map((name) => {
      probe.style.color = `var(--face-${name})`;
      return [name, getComputedStyle(probe).color];
    });
    return { ...Object.fromEntries(found), font: getComputedStyle(this.place).fontFamily };
  }

  // How it is made.

  build(face) {
    const shadow = this.place.shadowRoot || this.place.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
    this.canvas = made("canvas", { role: "img", class: "face", "aria-label": "A standard face" });
    this.whyWords = made("p", { class: "why" });
    this.stage = made("div", { class: "stage" }, this.canvas, this.whyWords);
    this.diagram = made("div", { class: "diagram" });
    const plot = made("canvas", { class: "plot" });
    this.cursor = made("div", { class: "cursor", "aria-hidden": "true" });
    this.diagram.append(plot, this.cursor);
    this.strip = new Strip(plot, this.track, this.compact);
    this.slider = made("input", { type: "range", min: "0", max: String(this.track.lasted || 1), step: "0.01", value: "0", "aria-label": "Moment of the session" });
    const top = made("div", { class: "top" }, this.stage, this.now());
    const whole = made("section", { class: this.compact ? "player compact" : "player", "aria-label": "Replay on the digital face" }, top, this.diagram, this.slider, this.controls(), this.foot());
    shadow.replaceChildren(whole, made("span", { class: "probe", "aria-hidden": "true" }));
    this.whole = whole;
    const drawing = face && context(this.canvas);
    if (drawing) this.head = new Head(this.canvas, drawing, face);
    else {
      this.canvas.remove();
      this.stage.prepend(made("p", { class: "no-3d" }, NO_3D));
    }
    this.reflect();
  }

  now() {
    this.timeWords = made("b", {});
    this.dayWords = made("span", { class: "day" });
    this.leads = made("b", {});
    this.list = made("ul", { class: "shown" });
    this.status = made("p", { class: "away", role: "status" });
    return made(
      "div",
      { class: "now" },
      made("p", { class: "time" }, this.timeWords, made("span", { class: "of" }, ` of ${clock(this.track.lasted)}`), this.dayWords),
      made("p", { class: "leads" }, "Leading expression: ", this.leads),
      made("p", { class: "head" }, "Shown now, intensity 0–5"),
      this.list,
      this.status,
    );
  }

  controls() {
    const button = (label, content, act, more = {}) => {
      const one = made("button", { type: "button", "aria-label": label, title: label, ...more }, content);
      one.addEventListener("click", act);
      return one;
    };
    this.playButton = made("button", { type: "button", class: "play" });
    this.playButton.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.speeds = SPEEDS.map((speed) => {
      const one = made("button", { type: "button", value: String(speed) }, `×${speed}`);
      one.addEventListener("click", () => this.faster(speed));
      return one;
    });
    const row = made(
      "div",
      { class: "controls" },
      this.playButton,
      made("div", { class: "group" }, button("One record back", icon("back"), () => this.step(-1)), button("One record on", icon("on"), () => this.step(1))),
      made("div", { class: "group speeds", role: "group", "aria-label": "Speed" }, ...this.speeds),
    );
    if (this.track.told.episodes.length) row.append(this.episodes(button));
    row.append(button("Look from the front again", icon("front"), () => this.fromFront(), { class: "front" }));
    return row;
  }

  episodes(button) {
    const named = new Map();
    for (const [name, ...episode] of this.track.told.episodes) named.set(name, [...(named.get(name) || []), episode]);
    this.choice = made("select", { "aria-label": "Episodes of" });
    const most = this.track.told.mostEpisodes;
    const count = (all) => (all.length < most ? all.length : `${most} strongest`);
    for (const [name, all] of named) this.choice.append(made("option", { value: name }, `${name} (${count(all)})`));
    const apex = (name) => Math.max(...named.get(name).map((one) => one[3]));
    this.choice.value = [...named.keys()].sort((one, other) => apex(other) - apex(one))[0];
    this.which = made("span", { class: "which", role: "status" });
    const go = (by) => {
      const all = named.get(this.choice.value);
      const at = this.time;
      const later = all.findIndex(([onset]) => onset > at + 0.01);
      const next = by > 0 ? (later < 0 ? 0 : later) : all.findLastIndex(([onset]) => onset < at - 0.01);
      const number = next < 0 ? all.length - 1 : next;
      const [onset, apex, offset, most] = all[number];
      this.pause();
      this.seek(onset);
      this.which.textContent = `${number + 1} of ${all.length}: ${clock(onset)} to ${clock(offset)}, most at ${clock(apex)} (${most.toFixed(most < 1 ? 2 : 1)})`;
    };
    this.choice.addEventListener("change", () => (this.which.textContent = ""));
    return made(
      "div",
      { class: "episodes" },
      made("label", {}, made("span", {}, "Episodes "), this.choice),
      made("div", { class: "group" }, button("Episode before", icon("before"), () => go(-1)), button("Next episode", icon("after"), () => go(1))),
      this.which,
    );
  }

  foot() {
    const what =
      "A standard face that is nobody's, moved by numbers: intensity of each action unit, left and right where they differ, " +
      "turn of the head, opening of the eyes. What was not measured stays at rest.";
    const keys = "Space plays, arrows go one record, with Shift one second; drag the face to look from aside.";
    const words = this.compact ? keys : `${what} ${keys}`;
    return made("p", { class: "foot" }, words);
  }

  fromFront() {
    this.head?.reset();
    this.show();
  }

  wire() {
    const { signal } = this.ended;
    this.sizes = new ResizeObserver(() => requestAnimationFrame(() => signal.aborted || this.resize()));
    this.sizes.observe(this.diagram);
    this.sizes.observe(this.stage);
    const dark = new MutationObserver(() => this.resize());
    dark.observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme", "class", "data-theme"] });
    signal.addEventListener("abort", () => dark.disconnect());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize(), { signal });
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.whole.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () => document.hidden && this.pause(), { signal });
    this.wireDiagram();
    if (this.head) this.wireFace();
  }

  wireDiagram() {
    const to = (event) => this.seek(this.strip.at(event.clientX - this.diagram.getBoundingClientRect().left));
    this.diagram.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.diagram.setPointerCapture(event.pointerId);
      this.dragging = true;
      to(event);
    });
    this.diagram.addEventListener("pointermove", (event) => this.dragging && to(event));
    for (const kind of ["pointerup", "pointercancel"]) this.diagram.addEventListener(kind, () => (this.dragging = false));
  }

  wireFace() {
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      last = [event.clientX, event.clientY];
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      this.head.orbit((last[0] - event.clientX) * 0.008, (event.clientY - last[1]) * 0.006);
      last = [event.clientX, event.clientY];
      this.show();
    });
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, () => (last = null));
    this.canvas.addEventListener("dblclick", () => this.fromFront());
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.localName === "select") return;
    const act = {
      " ": () => (this.playing ? this.pause() : this.play()),
      ArrowLeft: () => (event.shiftKey ? this.seek(this.time - 1) : this.step(-1)),
      ArrowRight: () => (event.shiftKey ? this.seek(this.time + 1) : this.step(1)),
      Home: () => this.seek(0),
      End: () => this.seek(this.track.lasted),
    }[event.key];
    if (!act || (event.key === " " && event.target.localName === "button")) return;
    event.preventDefault();
    act();
  }
}

function line(one) {
  const bar = made("i", { class: "bar", "aria-hidden": "true" }, made("i", {}));
  bar.firstChild.style.width = `${20 * Math.min(one.most, 5)}%`;
  const value = made("b", {}, Number.isNaN(one.value) ? one.most.toFixed(1) : one.value.toFixed(1));
  const more = [sides(one), TIERS[one.tier]].filter(Boolean).join(" · ");
  const name = made("span", { class: "name" }, made("span", { class: "key" }, one.key), one.name.slice(one.key.length));
  return made("li", {}, name, bar, value, ...(more ? [made("small", {}, more)] : []));
}
