/**
 * Which key does what. The map is data: action → key, command → key; a key is written as `a`, `Shift+a`, `Alt+a`,
 * `Ctrl+z`, `ArrowLeft`, `Shift+ArrowLeft`, `Enter`, ` `. Letters are those printed on the keyboard, digits those of
 * either row of them.
 */

/** Commands with what they do, in the order of the overview, and where they hold: everywhere, or in one mode. */
export const COMMANDS = [
  ["Coding a frame", "submit", "Submit and go on; what is unmarked is absent"],
  ["Coding a frame", "remove", "Take the newest mark away"],
  ["Coding a frame", "other", "Let digits act on another mark"],
  ["Coding a frame", "repeat", "Take over the marks of the frame before"],
  ["Coding a frame", "upper", "Upper face hidden", "frames"],
  ["Coding a frame", "lower", "Lower face hidden", "frames"],
  ["Coding a frame", "uncodable", "Not codable: no photograph of one face that can be judged", "frames"],
  ["Coding a frame", "clear", "Clear the frame"],
  ["Coding a frame", "undo", "Undo"],
  ["Coding a frame", "redo", "Redo"],
  ["Coding a frame", "ask", "What the face network thinks (it is noted that you asked)"],
  ["Going and playing", "back", "One frame back"],
  ["Going and playing", "on", "One frame on"],
  ["Going and playing", "back10", "Ten frames back"],
  ["Going and playing", "on10", "Ten frames on"],
  ["Going and playing", "first", "First frame"],
  ["Going and playing", "last", "Last frame"],
  ["Going and playing", "open", "Next frame that is not submitted"],
  ["Going and playing", "jump", "Go to a frame by its number"],
  ["Going and playing", "previous", "Sequence before"],
  ["Going and playing", "next", "Next sequence"],
  ["Going and playing", "choose", "Choose a participant and sequence"],
  ["Going and playing", "play", "Play the last frames, up to now"],
  ["Going and playing", "run", "Play on from here; stop"],
  ["Going and playing", "slower", "Slower"],
  ["Going and playing", "faster", "Faster"],
  ["Episodes", "mode", "Code frames, or episodes"],
  ["Episodes", "onset", "Onset of the chosen episode is here", "episodes"],
  ["Episodes", "apex", "Apex is here", "episodes"],
  ["Episodes", "offset", "Offset is here", "episodes"],
  ["Episodes", "loop", "Play the chosen episode over and over"],
  ["Picture", "closer", "Zoom in"],
  ["Picture", "wider", "Zoom out"],
  ["Picture", "face", "The face, as large as can be"],
  ["Picture", "whole", "Whole picture, as it is"],
  ["Picture", "brighter", "Brighter"],
  ["Picture", "darker", "Darker"],
  ["Picture", "neutral", "This frame is the person's neutral face"],
  ["Page", "view", "The next view, such as contact sheets"],
  ["Page", "help", "All keys"],
];
const MODES = Object.fromEntries(COMMANDS.map(([, name, , mode]) => [name, mode]));
const NAMES = {
  " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫", Delete: "Del",
  Enter: "↵", PageUp: "PgUp", PageDown: "PgDn", Escape: "Esc",
};
const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"];
const LAST_LATIN = "\u024f";
let layout = null; // of the keyboard at hand, code → letter, where the browser tells
navigator.keyboard?.getLayoutMap().then((map) => (layout = map), () => null);
const DIGIT = /^(?:Digit|Numpad)([0-9])$/;

/** How an event is written in the map; "" for a modifier alone. */
export function nameOf(event) {
  if (MODIFIERS.includes(event.key) && !event.code.startsWith("Key")) return "";
  const key = printed(event);
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase() && key !== " ";
  const before = [
    (event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt", event.shiftKey && !isSign && "Shift",
  ];
  return [...before.filter(Boolean), key].join("+");
}

/** The digit of an event in either row, with Shift or without where a keyboard has its digits; null for none. */
export function digitOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const typed = /^[0-9]$/.exec(event.key) ?? (event.shiftKey ? null : DIGIT.exec(event.code));
  return typed && Number(typed.at(-1));
}

/** The letter or name on the key. Scripts that are not Latin, and Alt on a Mac, have it from the key's place. */
function printed(event) {
  const digit = DIGIT.exec(event.code);
  if (digit && !event.shiftKey) return digit[1];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "=") return "+"; // one key on many keyboards
  const isForeign = key.length === 1 && key > LAST_LATIN;
  const isHidden = event.altKey && !/^[a-z]$/.test(key); // what a Mac types instead
  return (isForeign || isHidden) && event.code.startsWith("Key") ? atPlace(event.code) : key;
}

function atPlace(code) {
  const letter = layout?.get(code);
  return letter && letter <= LAST_LATIN ? letter : code.slice(3).toLowerCase();
}

/** How a key is shown: 'A', 'Ctrl Z', '⇧ ←'. */
export function shown(key) {
  if (!key) return "";
  if (key === "+") return "+";
  const parts = key.split("+").filter(Boolean);
  const last = key.endsWith("+") ? "+" : parts.pop();
  const name = NAMES[last] ?? (last.length === 1 ? last.toUpperCase() : last);
  return [...parts.map((part) => ({ Shift: "⇧" })[part] ?? part), name].join(" ");
}

/** A key as `aria-keyshortcuts` wants it. */
export const spoken = (key) => key.replace("Ctrl", "Control").replace(/^ $/, "Space");

export class KeyMap {
  /** `data`: { actions: {AU12: "a"}, commands: {submit: "Enter"} } */
  constructor(data) {
    this.actions = { ...data.actions };
    this.commands = { ...data.commands };
  }

  /** { action, strong } of an event, or null. `strong`: with Shift. */
  actionOf(event) {
    const name = nameOf(event);
    const plain = name.replace("Shift+", "");
    for (const [action, key] of Object.entries(this.actions)) {
      if (key === name) return { action, strong: false };
      if (key === plain) return { action, strong: true };
    }
    return null;
  }

  /** The command of an event in a mode ('frames' or 'episodes'), or "". */
  commandOf(event, mode) {
    const name = nameOf(event);
    for (const [command, key] of Object.entries(this.commands)) {
      if (key === name && (MODES[command] ?? mode) === mode) return command;
    }
    return "";
  }

  /** What has a key already, beside `who`: an action or a command that can hold at the same time. */
  holder(key, who) {
    const action = Object.keys(this.actions).find((name) => this.actions[name] === key && name !== who);
    const rivals = (name) => !MODES[name] || !MODES[who] || MODES[name] === MODES[who];
    return action ?? Object.keys(this.commands).find((name) => this.commands[name] === key && name !== who && rivals(name));
  }

  /** Give a key; who had it gets the one that is given up. */
  give(who, key) {
    const other = this.holder(key, who);
    const former = this.keyOf(who);
    if (other) this._set(other, former);
    this._set(who, key);
    return other;
  }

  keyOf(who) {
    return this.actions[who] ?? this.commands[who] ?? "";
  }

  _set(who, key) {
    (who in this.actions ? this.actions : this.commands)[who] = key;
  }

  get data() {
    return { actions: this.actions, commands: this.commands };
  }
}
