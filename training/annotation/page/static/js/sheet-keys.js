// Where the pictures of a sheet lie is where their keys lie: three rows of ten keys under the hands.

export const ROWS = [
  ["KeyQ", "KeyW", "KeyE", "KeyR", "KeyT", "KeyY", "KeyU", "KeyI", "KeyO", "KeyP"],
  ["KeyA", "KeyS", "KeyD", "KeyF", "KeyG", "KeyH", "KeyJ", "KeyK", "KeyL", "Semicolon"],
  ["KeyZ", "KeyX", "KeyC", "KeyV", "KeyB", "KeyN", "KeyM", "Comma", "Period", "Slash"],
];
const SIGNS = { Semicolon: ";", Comma: ",", Period: ".", Slash: "/" };

/** The most columns and rows of pictures that have keys, and of pictures without. */
const KEYED = [ROWS[0].length, ROWS.length];
const FREE = [16, 12];

/**
 * How many columns and rows of pictures at least `smallest` px wide fit into a room; `gap` px lie between them, `foot`
 * is the height of what stands below each.
 */
export function grid({ width, height }, { smallest, gap, foot, isKeyed }) {
  const fit = (room, size, most) => Math.max(1, Math.min(most, Math.floor((room + gap) / (size + gap))));
  const [most, deepest] = isKeyed ? KEYED : FREE;
  const columns = fit(width, smallest, most);
  const rows = fit(height, smallest + foot, deepest);
  const across = (width - gap * (columns - 1)) / columns;
  const down = (height - gap * (rows - 1)) / rows - foot;
  return { columns, rows, count: columns * rows, size: Math.max(48, Math.floor(Math.min(across, down))) };
}

/** The code of the key (as `KeyboardEvent.code`) of each picture of a sheet, row by row. */
export function codes(columns, rows) {
  return ROWS.slice(0, rows).flatMap((row) => row.slice(0, columns));
}

/** Code → what stands on the key, of the keyboard at hand where the browser tells. */
export async function signs() {
  let layout = null;
  try {
    layout = await navigator.keyboard?.getLayoutMap();
  } catch {
    layout = null; // not allowed here: the letters of the codes
  }
  return (code) => (layout?.get(code) ?? SIGNS[code] ?? code.replace("Key", "")).toUpperCase();
}
