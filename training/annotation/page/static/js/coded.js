/**
 * What keys do to a frame's codes. Pure: states in, acts and states out.
 *
 * A coded frame: { marks: { AU12: [value, side] }, hidden: [part], codable, submitted, asked, judged: [action] }.
 */

export const EMPTY = Object.freeze({
  marks: {}, hidden: [], codable: true, submitted: false, asked: false, judged: [],
});
export const LETTERS = " ABCDE";
export const SIDES = ["left", "right", "top", "bottom"];

/** A mark as [value, side]; [0, ""] for none. */
export const markOf = (coded, action) => coded.marks[action] ?? [0, ""];

/** Actions that were marked as there, in the order of marking. */
export const present = (coded) => Object.keys(coded.marks).filter((action) => coded.marks[action][0] > 0);

/** What a mark is in words, such as 'C, left'. */
export function words([value, side], scale) {
  if (!value) return "absent";
  const strength = scale === "intensity" ? LETTERS[value] : "present";
  return side ? `${strength}, ${side}` : strength;
}

/**
 * The mark after an action's key: in presence it toggles; in intensity it is the level of the coder's choice, and one
 * more when it is pressed again; `strong` (with Shift) is one level above that choice at once.
 */
export function pressed(coded, action, { scale, largest, level, strong }) {
  const [value, side] = markOf(coded, action);
  if (scale === "presence") return value ? [0, ""] : [1, ""];
  if (strong) return [Math.min(level + 1, largest), side];
  return value ? [Math.min(value + 1, largest), side] : [level, ""];
}

/** The mark with a side; the same side again takes it away. */
export const sided = ([value, side], wanted) => [value, side === wanted ? "" : wanted];

/** An act that makes a mark at a place. */
export const marking = (place, action, [value, side]) => ({
  type: "setmark", place, action, mark: value ? { value, side } : null,
});

/** The state after an act, as the program will see it. */
export function apply(coded, act) {
  const next = { ...coded, marks: { ...coded.marks } };
  switch (act.type) {
    case "setmark":
      delete next.marks[act.action]; // so that the newest is last
      if (act.mark) next.marks[act.action] = [act.mark.value, act.mark.side];
      break;
    case "sethidden":
      next.hidden = [...coded.hidden.filter((part) => part !== act.part), ...(act.on ? [act.part] : [])];
      break;
    case "setcodable":
      next.codable = act.on;
      break;
    case "clear":
      return { ...EMPTY, asked: coded.asked };
    case "submit":
      next.submitted = true;
      break;
    case "ask":
      next.asked = true;
      break;
  }
  return next;
}

/** Whether anything of a frame was coded. */
export const isTouched = (coded) =>
  coded.submitted || !coded.codable || coded.judged.length > 0 || coded.hidden.length > 0 || present(coded).length > 0;
