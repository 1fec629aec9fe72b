/** Beside the picture: the neutral face, the codebook's words on an action, and what the network thinks if asked. */
import { LETTERS } from "./coded.js";
import { $, h, set, text } from "./dom.js";
import { bytes } from "./net.js";
import { shown } from "./keys.js";

const LEVELS = [
  ["A", "trace"],
  ["B", "slight"],
  ["C", "marked or pronounced"],
  ["D", "severe or extreme"],
  ["E", "maximum"],
];

const OF_FRAMES = [
  ["", "{submit} submits: what is unmarked is absent. {help} shows all keys."],
  ["What cannot be judged", "{upper} upper, {lower} lower face hidden: by hair, a hand, glare. {uncodable} not codable: no face, two, "
    + "a drawing."],
];
const OF_EPISODES = [
  ["Episodes", "Hold an action's key from onset to offset while playing or stepping, or tap it at both."],
  ["", "{other}{repeat} choose one; {onset} onset, {apex} apex, {offset} offset are here; {loop} plays it over and over; "
    + "{remove} takes it away."],
];

export class Beside {
  constructor(desk, view, book) {
    Object.assign(this, { _desk: desk, _view: view, _book: book, _of: undefined });
    this._shown = null;
  }

  /** Show the neutral face of the person. */
  async showNeutral() {
    const { sequence } = this._desk;
    let picture = null;
    try {
      if (sequence.neutral) picture = await createImageBitmap(await bytes(`/neutral/${sequence.number}`));
    } catch { /* said below */ }
    if (sequence !== this._desk.sequence) return;
    if (picture) $("#neutral-figure").style.aspectRatio = `${picture.width} / ${picture.height}`;
    this._view.show(picture);
    $("#neutral-figure").classList.toggle("none", !picture);
    const which = sequence.neutral_is ? `: ${sequence.neutral_is}` : "";
    text($("#neutral-words"), picture ? `Neutral${which}` : this._lacking());
  }

  /** Show what the codebook says of an action; "" for how the page is used. */
  showAction(key) {
    const shown = `${this._desk.mode}/${key}`;
    if (this._shown === shown) return;
    this._shown = shown;
    const action = this._desk.actions[key];
    $("#book").replaceChildren(...(action ? this._entry(action) : this._start()));
  }

  /** Show what the network thinks, or nothing. */
  showOpinion(opinion) {
    const box = $("#opinion");
    box.hidden = !opinion;
    if (!opinion) return;
    const rows = Object.entries(opinion.values).filter(([, value]) => value >= 0.5).sort((a, b) => b[1] - a[1]);
    const said = opinion.sentence || (rows.length ? "" : "It sees nothing that moves.");
    box.replaceChildren(
      h("h3", {}, "What the face network thinks"),
      said ? h("p", {}, said) : h("ul", {}, rows.map(row)),
      h("p", { class: "number" }, "It is noted that you asked."),
    );
  }

  _lacking() {
    const { sequence, keymap } = this._desk;
    if (!sequence.participant) return "No neutral face: every picture is of somebody else.";
    return `No neutral face yet: ${shown(keymap.commands.neutral)} takes the frame that is shown.`;
  }

  _entry(action) {
    const said = this._book[action.key] ?? {};
    return [
      h("h2", {}, h("b", {}, action.key), ` ${action.name}`),
      h("h3", {}, "What is seen"),
      h("p", {}, said.seen ?? ""),
      said.confused ? h("h3", {}, "Taken for it") : null,
      said.confused ? h("p", {}, said.confused) : null,
      this._desk.project.scale === "intensity"
        ? h("div", { class: "levels" }, LEVELS.flatMap(([letter, word]) => [h("b", {}, letter), h("span", {}, word)]))
        : null,
    ].filter(Boolean);
  }

  _start() {
    const isIntensity = this._desk.project.scale === "intensity";
    const strength = isIntensity ? "[1]–[5] are A–E; " : "";
    const start = [
      ["Codebook", "The words for an action stand here as soon as its key is pressed."],
      ["Keys after an action's", `${strength}[6] left, [7] right, [8] top, [9] bottom, the person's own; [0] takes it away.`],
      ...(this._desk.mode === "episodes" ? OF_EPISODES : OF_FRAMES),
    ];
    return start.flatMap(([head, words]) => [head && h("h3", {}, head), this._phrase(words)].filter(Boolean));
  }

  /** Words in which `{submit}` is the key of a command, and `[1]` a key. */
  _phrase(words) {
    const keys = this._desk.keymap.commands;
    const parts = words.split(/(\{\w+\}|\[\w+\])/).map((part) => {
      if (part.startsWith("{")) return h("kbd", {}, shown(keys[part.slice(1, -1)]));
      return part.startsWith("[") ? h("kbd", {}, part.slice(1, -1)) : part;
    });
    return h("p", {}, parts);
  }
}

const row = ([key, value]) => h("li", {}, h("span", {}, key), h("span", {}, near(value)));

function near(value) {
  const level = Math.round(value);
  return level ? `${LETTERS[level]} (${value.toFixed(1)})` : value.toFixed(1);
}
