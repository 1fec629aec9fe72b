/** What is seen of a sheet: its pictures, what is coded of them, how far it is. */
import { $, h, set, text } from "./dom.js";
import { Cells } from "./sheet-cells.js";
import { codes, grid } from "./sheet-keys.js";
import { Near } from "./sheet-near.js";

const GAP = 6; // between pictures, px
const FRAME = 6; // of a picture, across
const LAPTOP = 1280; // px across
const FOOT = 26; // of a picture beyond that: its key and mark

export class SheetView {
  /** `modes`: { one, whole }; `sign(code)`: what stands on a key; `onPress(place)`, `onNext()`: go on with an action. */
  constructor(desk, modes, { keymap, book, sign, heading, onPress, onNext }) {
    Object.assign(this, { desk, modes, book, sign, heading, onNext, _isReachable: true });
    this.cells = new Cells($("#cells"), desk, { onPress });
    this.near = new Near(desk, modes.whole, keymap);
    $("#action").append(...desk.project.actions.map(({ key, name }) => h("option", { value: key }, `${key} ${name}`)));
    for (const what of ["list", "sheet"]) desk.addEventListener(what, () => this.show());
    desk.addEventListener("coded", () => this.mark());
    new ResizeObserver(() => this.lay()).observe($("#cells"));
  }

  get isWhole() {
    return this.desk.action === null;
  }

  /** The program answers, or does not: pictures that could not be had meanwhile are asked for again. */
  answers(isReachable) {
    const isBack = isReachable && !this._isReachable;
    this._isReachable = isReachable;
    if (isBack) this.lay();
  }

  /** Lay out as many pictures as fit; while the program does not answer, they stay as large as they are at hand. */
  lay() {
    if (!this._isReachable) return this._fill();
    const { clientWidth, clientHeight } = $("#cells");
    const room = { width: clientWidth - GAP, height: clientHeight - GAP };
    const fit = grid(room, { wished: this._wished + FRAME, gap: GAP, foot: FOOT, isKeyed: !this.isWhole });
    this.modes.one.layout = this.modes.whole.layout = fit;
    this.cells.layOut({ ...fit, size: fit.size - FRAME }, this.isWhole ? [] : codes(fit.columns, fit.rows).map(this.sign));
    if (fit.count !== this.desk.count) return this.desk.resize(fit.count);
    return this._fill();
  }

  /** Show the sheet. */
  show() {
    const { action } = this.desk;
    document.body.dataset.coding = this.isWhole ? "whole" : "one";
    set($("#one"), "aria-pressed", String(!this.isWhole));
    set($("#whole"), "aria-pressed", String(this.isWhole));
    if (action) $("#action").value = action;
    $("#showing").value = this.desk.showing;
    const { seen = "", confused = "" } = this.book[action] ?? {};
    const told = [["Seen: ", seen], [" Taken for it: ", confused]].filter(([, words]) => words);
    $("#seen").replaceChildren(...told.flatMap(([head, words]) => [h("b", {}, head), words]));
    set($("#seen"), "title", $("#seen").textContent || null);
    this.lay();
  }

  /** Show what is coded. */
  mark() {
    const { desk } = this;
    if (!desk.sequence) return;
    this.cells.mark();
    if (this.isWhole) this.near.show();
    const last = Math.min(desk.start + desk.count, desk.places.length);
    text($("#at"), desk.places.length ? `${(desk.start + 1).toLocaleString()} – ${last.toLocaleString()} of ${desk.places.length.toLocaleString()}` : "");
    text($("#hint"), this.modes[this.isWhole ? "whole" : "one"].hint);
    set($("#hint"), "title", $("#hint").textContent);
    text($("#submit span"), this.isWhole ? "Submit the picture" : `Submit: the others have no ${desk.action}`);
    for (const name of ["#submit", "#everything"]) $(name).disabled = !desk.sheet.length;
    for (const which of ["undo", "redo"]) {
      $(`#${which}`).disabled = !desk.undoing[which];
      set($(`#${which}`), "title", desk.undoing[which] || `Nothing to ${which}`);
    }
    this._progress();
  }

  /** The width of a picture, px: as chosen for a laptop, more on a large screen. */
  get _wished() {
    return Number($("#size").value) * Math.max(1, window.innerWidth / LAPTOP);
  }

  _fill() {
    const { desk } = this;
    if (!desk.sequence) return;
    if (this.isWhole) desk.ring ??= desk.sheet[0] ?? null;
    if (desk.sheet.length) this.cells.show();
    else $("#cells").replaceChildren(this._nothing());
    this.mark();
  }

  _progress() {
    const { action, done, sequence } = this.desk;
    this.heading.progress(done, sequence.length, sequence.title);
    if (action) text($("#progress-words"), `${action}: ${done.toLocaleString()} of ${sequence.length.toLocaleString()}`);
  }

  _nothing() {
    const { action, showing, project } = this.desk;
    if (showing === "strongest") {
      return h("div", { class: "empty" }, h("h2", {}, "Nothing is coded yet."), h("p", {}, "What was submitted stands here, the strongest first."));
    }
    const next = action && project.actions[project.actions.findIndex(({ key }) => key === action) + 1];
    const words = next ? `Go on with ${next.key} ${next.name} ` : "";
    return h(
      "div",
      { class: "empty" },
      h("h2", {}, action ? `Every picture is coded for ${action}.` : "Every picture is submitted."),
      next && h("button", { type: "button", class: "primary", onclick: this.onNext }, words, h("kbd", {}, "↵")),
      action && !next && h("p", {}, "This is the last action. Whole pictures ", h("kbd", {}, "F2"), " shows what is open for any other."),
    );
  }
}
