/** The pictures of a sheet as buttons, each where its key is. */
import { markOf, words } from "./coded.js";
import { stretched } from "./contrast.js";
import { h, set, text } from "./dom.js";
import { unseen } from "./sheet-codes.js";

const UNSEEN = { uncodable: "not codable", hidden: "hidden" };
const STEP = 32; // sizes in which pictures are asked for
const KEPT = 240;

/** Small pictures, kept as elements so that the next sheet is there at once. */
class Thumbs {
  constructor() {
    this._kept = new Map();
  }

  of(url) {
    const found = this._kept.get(url) ?? this._made(url);
    this._kept.delete(url);
    this._kept.set(url, found);
    if (this._kept.size > KEPT) this._kept.delete(this._kept.keys().next().value);
    return found;
  }

  _made(url) {
    const picture = h("img", { alt: "", src: url, draggable: "false", decoding: "async" });
    picture.addEventListener("error", () => this._kept.delete(url)); // it may be there the next time
    picture.addEventListener("load", () => {
      const { brightness, contrast } = stretched(picture);
      picture.style.setProperty("--stretched", `brightness(${brightness}) contrast(${contrast})`);
    });
    return picture;
  }
}

export class Cells {
  /** `onPress(place)`: a picture was clicked. */
  constructor(element, desk, { onPress }) {
    Object.assign(this, { element, desk, onPress });
    this._thumbs = new Thumbs();
    this._cells = [];
    this.size = 96;
  }

  /** Lay out `columns` of pictures `size` px wide; `caps` are what stands on their keys, or []. */
  layOut({ columns, size }, caps) {
    this.size = size;
    this.element.style.setProperty("--columns", columns);
    this.element.style.setProperty("--size", `${size}px`);
    this._caps = caps;
  }

  /** Show the pictures of the desk's sheet. */
  show() {
    const places = this.desk.sheet;
    this._cells = places.map((place, index) => this._cell(place, index));
    this.element.replaceChildren(...this._cells.map((cell) => cell.button));
    this.mark();
    for (const place of this.desk.following) this._thumbs.of(this._url(place));
  }

  /** Show how they are coded. */
  mark() {
    for (const cell of this._cells) (this.desk.action === null ? this._markWhole : this._markOne).call(this, cell);
  }

  /** Places of pictures that cannot be shown, once all others are there: nobody can have judged them. */
  async missing() {
    const there = this._cells.map(({ place, picture }) => picture.decode().then(() => null, () => place));
    return (await Promise.all(there)).filter((place) => place !== null);
  }

  /** Put the focus of the keyboard on a place's picture. */
  focus(place) {
    this._cells.find((cell) => cell.place === place)?.button.focus({ preventScroll: true });
  }

  _url(place) {
    const side = Math.ceil((this.size * (window.devicePixelRatio || 1)) / STEP) * STEP;
    return `/pictures/${this.desk.sequence.number}/${place}?side=${side}`;
  }

  _cell(place, index) {
    const picture = this._thumbs.of(this._url(place));
    const cap = this._caps[index] ?? "";
    const mark = h("span", { class: "cell-mark", "aria-hidden": "true" });
    const told = h("span", { class: "for-readers" });
    const foot = h("span", { class: "cell-foot" }, cap && h("kbd", {}, cap), told, mark);
    const button = h("button", { type: "button", class: "cell", "data-place": place, onclick: () => this.onPress(place) }, picture, foot);
    picture.onerror = () => button.classList.add("missing");
    return { place, picture, button, told, mark };
  }

  _markOne(cell) {
    const { place, mark } = cell;
    const { desk } = this;
    const coded = desk.coded(place);
    const why = unseen(coded, desk.part);
    const value = markOf(coded, desk.action);
    const isPresent = !why && value[0] > 0;
    text(mark, why ? UNSEEN[why] : isPresent ? this._words(value) : "");
    const said = why ? UNSEEN[why] : words(value, desk.project.scale);
    this._set(cell, { isPresent, why, said });
  }

  _markWhole(cell) {
    const { place, mark } = cell;
    const { desk } = this;
    const coded = desk.coded(place);
    const there = Object.keys(desk.actions).filter((action) => markOf(coded, action)[0] > 0);
    const short = there.map((action) => `${action.replace(/^AU/, "")}${this._letter(coded.marks[action])}`);
    const why = coded.codable ? "" : "uncodable";
    text(mark, why ? UNSEEN[why] : [...short, ...coded.hidden.map((part) => `${part} hidden`)].join(" "));
    const said = there.map((action) => `${action} ${words(coded.marks[action], desk.project.scale)}`).join("; ");
    this._set(cell, { isPresent: false, why, said: why ? UNSEEN[why] : said || "nothing marked" });
  }

  _set({ place, button, told }, { isPresent, why, said }) {
    const { desk } = this;
    text(told, ` ${desk.label(place)}: ${said}${desk.isDone(place) && !why ? ", submitted" : ""}`);
    set(button, "aria-pressed", desk.action === null ? null : String(isPresent));
    set(button, "aria-current", desk.ring === place ? "true" : null);
    set(button, "tabindex", desk.ring === place || (desk.ring === null && place === desk.sheet[0]) ? "0" : "-1");
    button.classList.toggle("done", desk.isDone(place));
    button.classList.toggle("unseen", why !== "");
  }

  _words([value, side]) {
    return words([value, side], this.desk.project.scale).replace("present, ", "").replace("present", "✓");
  }

  _letter([value, side]) {
    const strength = this.desk.project.scale === "intensity" ? " ABCDE"[value] : "";
    return strength + (side ? { left: "◂L", right: "R▸", top: "↑", bottom: "↓" }[side] : "");
  }
}
