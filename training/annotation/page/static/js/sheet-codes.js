/** What is coded on a contact sheet. Pure: states in, acts and states out. States are those of coded.js. */
import { apply, markOf, present } from "./coded.js";

/** Whether an action of a frame is coded for good (`action` null: all of them). */
export function isDone(coded, action, part) {
  if (coded.submitted || !coded.codable) return true;
  return action !== null && (coded.judged.includes(action) || coded.hidden.includes(part));
}

/** Why an action cannot be judged: "uncodable", "hidden" or "". */
export function unseen(coded, part) {
  if (!coded.codable) return "uncodable";
  return coded.hidden.includes(part) ? "hidden" : "";
}

const sent = ([value, side]) => ({ value, side });

/** A sheet of one action is done: each picture as marked, the others absent. `frames`: [place, coded] pairs. */
export function judging({ key, part }, frames, actions) {
  const open = frames.filter(([, coded]) => !isDone(coded, key, part));
  const marks = Object.fromEntries(open.map(([place, coded]) => [place, sent(markOf(coded, key))]));
  const closed = frames.filter(([, coded]) => !coded.submitted && needsNothing(coded, key, actions));
  return [
    ...(open.length ? [{ type: "judge", action: key, marks }] : []),
    ...closed.map(([place]) => ({ type: "submit", place })),
  ];
}

/** Whether nothing is left to judge of a frame that a sheet of `key` leaves out. */
function needsNothing(coded, key, actions) {
  if (!coded.codable) return true;
  const own = actions.find((action) => action.key === key);
  if (!coded.hidden.includes(own.part)) return false;
  return actions.every((action) => coded.judged.includes(action.key) || coded.hidden.includes(action.part));
}

/** A sheet of whole pictures is done: what is not marked is absent. */
export function submitting(frames) {
  const open = frames.filter(([, coded]) => !coded.submitted);
  const marked = (coded) => Object.fromEntries(present(coded).map((action) => [action, sent(coded.marks[action])]));
  if (!open.length) return [];
  return [{ type: "submitmany", marks: Object.fromEntries(open.map(([place, coded]) => [place, marked(coded)])) }];
}

/** The state of the frame at a place after an act. */
export function applied(coded, act, place, actions) {
  if (act.type === "judge") return place in act.marks ? judged(coded, act.action, act.marks[place], actions) : coded;
  if (act.type === "submitmany") return place in act.marks ? { ...coded, submitted: true } : coded;
  return act.place === place ? apply(coded, act) : coded;
}

function judged(coded, action, { value, side }, actions) {
  const done = [...coded.judged.filter((key) => key !== action), action];
  const submitted = actions.every(({ key, part }) => done.includes(key) || coded.hidden.includes(part));
  const marks = { ...coded.marks, [action]: [value, side] };
  return { ...coded, marks, judged: done, submitted: coded.submitted || submitted };
}
