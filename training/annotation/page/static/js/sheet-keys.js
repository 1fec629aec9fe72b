// Where the pictures of a sheet lie is where their keys lie: three rows of ten keys under the hands.

const ROWS = [
  ["KeyQ", "KeyW", "KeyE", "KeyR", "KeyT", "KeyY", "KeyU", "KeyI", "KeyO", "KeyP"],
  ["KeyA", "KeyS", "KeyD", "KeyF", "KeyG", "KeyH", "KeyJ", "KeyK", "KeyL", "Semicolon"],
  ["KeyZ", "KeyX", "KeyC", "KeyV", "KeyB", "KeyN", "KeyM", "Comma", "Period", "Slash"],
];
const SIGNS = { Semicolon: ";", Comma: ",", Period: ".", Slash: "/" };

/** The most columns and rows of pictures that have keys, and of pictures without. */
const KEYED = [ROWS[0].length, ROWS.length];
const FREE = [16, 12];
/** How much smaller pictures may be than wished, and from where on larger ones are no better. */
const SMALLER = 0.85;
const LARGER = 1.15;
const SMALLEST = 48; // px

/**
 * How many columns and rows of pictures, some `wished` px wide, fill a room best; `gap` px lie between them, `foot` is
 * the height of what stands below each. Returns { columns, rows, count, size }.
 */
export function grid(room, { wished, gap, foot, isKeyed }) {
  const [most, deepest] = isKeyed ? KEYED : FREE;
  let best = { columns: 1, rows: 1, count: 1, size: sizeOf(room, 1, 1, gap, foot) };
  for (let rows = 1; rows <= deepest; rows++) {
    for (let columns = 1; columns <= most; columns++) {
      const size = sizeOf(room, columns, rows, gap, foot);
      const count = columns * rows;
      const covers = ({ count: of, size: px }) => of * Math.min(px, LARGER * wished) ** 2;
      if (size >= SMALLER * wished && covers({ count, size }) > covers(best)) best = { columns, rows, count, size };
    }
  }
  return { ...best, size: Math.max(SMALLEST, Math.floor(best.size)) };
}

function sizeOf({ width, height }, columns, rows, gap, foot) {
  return Math.min((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows - foot);
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
