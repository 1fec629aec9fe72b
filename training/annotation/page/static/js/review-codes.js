/** What two coders said of a frame, side by side, and what is agreed of it. Pure. States are those of coded.js. */

const PARTS = ["upper", "lower"];

/** What a coder said of an action: a mark [value, side], or null: not coded. */
export function said(coded, { key, part }) {
  if (!coded.codable || (coded.hidden.includes(part) && !coded.marks[key])) return null;
  if (!coded.submitted && !coded.judged.includes(key)) return null;
  return coded.marks[key] ?? [0, ""];
}

export const same = (a, b) => JSON.stringify(plain(a)) === JSON.stringify(plain(b));
const plain = (value) => (Array.isArray(value) && !value[0] ? [0, ""] : (value ?? null)); // no side of what is absent

/**
 * The questions of a frame, on which the coders differ: { kind, key, first, second }. `kind`: 'codable' (true, false),
 * 'hidden' (`key` is the part), 'mark' (as `said` has them), 'episode' (an episode, or null: none).
 */
export function questions(first, second, actions, episodes) {
  const found = [{ kind: "codable", key: "codable", first: first.codable, second: second.codable }];
  for (const part of PARTS) {
    const [a, b] = [first, second].map((coded) => coded.codable && coded.hidden.includes(part));
    if (first.codable && second.codable) found.push({ kind: "hidden", key: part, first: a, second: b });
  }
  for (const action of actions) found.push({ kind: "mark", key: action.key, first: said(first, action), second: said(second, action) });
  for (const episode of episodes) {
    found.push({ kind: "episode", key: episode.identity, first: episode.first, second: episode.second, episode });
  }
  return found.filter((one) => !same(one.first, one.second));
}

/** Without the questions that others answer: of a face that cannot be judged, or of a part that is hidden. */
export function leading(found, agreed, noted, actions) {
  const lead = found.find(({ kind }) => kind === "codable");
  if (lead && !noted.has(lead.key) && agreed.codable && !agreed.submitted) return [lead];
  const hidden = found.filter(({ kind, key }) => kind === "hidden" && (agreed.hidden.includes(key) || !isNoted(agreed, noted, key)));
  const isMoot = ({ kind, key }) =>
    kind === "mark" && (!agreed.codable || hidden.some((part) => part.key === actions[key].part));
  return found.filter((one) => !isMoot(one));
}

const isNoted = (agreed, noted, key) => agreed.submitted || noted.has(key);

/** What is agreed of a question; undefined: nothing yet. Where one coder judged nothing, the other's word stands. */
export function answered(agreed, noted, { kind, key, first, second, episode }) {
  if (kind === "codable") return !agreed.codable || isNoted(agreed, noted, key) ? agreed.codable : undefined;
  if (kind === "hidden") return agreed.hidden.includes(key) || isNoted(agreed, noted, key) ? agreed.hidden.includes(key) : undefined;
  if (kind === "episode") return episode.agreed ?? (noted.has(key) ? null : undefined);
  if (agreed.submitted || agreed.judged.includes(key)) return agreed.marks[key] ?? [0, ""];
  return first === null || second === null ? (first ?? second) : undefined;
}

/** The acts by which a question is answered. */
export function settling({ kind, key, episode }, value, place) {
  if (kind === "codable") return [{ type: "setcodable", place, on: value }];
  if (kind === "hidden") return [{ type: "sethidden", place, part: key, on: value }];
  if (kind === "mark") return [{ type: "judge", action: key, marks: { [place]: { value: value[0], side: value[1] } } }];
  if (value) return [{ type: "putepisode", identity: key, episode: value }];
  return episode.agreed ? [{ type: "removeepisode", identity: key }] : [];
}
