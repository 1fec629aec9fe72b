/** What every view begins with: the project, the coder's seat, and the way to the disk. */
import { ask, tell } from "./dialogs.js";
import { KeyMap } from "./keys.js";
import { get, post, Refused } from "./net.js";
import { Queue } from "./queue.js";

const ALIVE_MS = 10_000;
const AGAIN_MS = 1000;

/**
 * Sit down. Resolves with { project, keymap, queue, seat }; asks first where another window codes as this coder.
 * @param {{onState, onAnswer}} hooks of the queue
 */
export async function begin({ onState, onAnswer }) {
  const project = await reached(() => get("/api/project"));
  const name = `affectbox-coding-seat/${project.id}`;
  const seat = await seatOfTab(name);
  await enter(seat, project.coder);
  localStorage.setItem(name, seat);
  const queue = new Queue(`${project.id}/${project.coder}`, seat, {
    onState,
    onAnswer,
    onRefused: (sentence) => tell(sentence),
    onStopped: (sentence) => left(sentence),
  });
  const beat = setInterval(() => alive(seat, queue, beat), ALIVE_MS);
  window.addEventListener("pagehide", () => leave(seat));
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  window.addEventListener("online", () => queue.hurry());
  await queue.begin(); // what a page that was killed left behind
  return { project, keymap: new KeyMap(project.keymap), queue, seat };
}

/** The same for a tab over its reloads, or that of a tab that is gone; another in each tab beside it. */
async function seatOfTab(name) {
  for (const seat of [sessionStorage.getItem(name), localStorage.getItem(name), crypto.randomUUID()]) {
    if (!seat || !(await isFree(seat))) continue;
    sessionStorage.setItem(name, seat);
    return seat;
  }
  return crypto.randomUUID();
}

/** Whether no other tab of this browser has the seat; it is this tab's from then on. */
function isFree(seat) {
  return new Promise((resolve) => {
    navigator.locks.request(`affectbox-coding/${seat}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {}); // for as long as the tab lives
    });
  });
}

async function enter(seat, coder) {
  try {
    await reached(() => post("/api/enter", { seat, take_over: false }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const more = "What was coded there is kept. That window stops.";
    const yes = await ask(`Another window codes as ${coder}. Code here instead?`, { yes: "Code here", no: "Leave it", more });
    if (!yes) {
      left("This window codes nothing: another one does. Reload it to code here.");
      throw error;
    }
    await post("/api/enter", { seat, take_over: true });
  }
}

/** Again and again until the program answers. */
async function reached(asking) {
  for (;;) {
    try {
      return await asking();
    } catch (error) {
      if (error instanceof Refused) throw error;
      tell("The program does not answer: start it again with the same command.");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

async function alive(seat, queue, beat) {
  try {
    await post("/api/alive", { seat });
    if (!queue.reachable) queue.hurry();
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 409) return;
    clearInterval(beat);
    queue.stop();
    left(error.message);
  }
}

function left(sentence) {
  document.body.classList.add("stopped");
  tell(sentence);
}

function leave(seat) {
  const headers = { "Content-Type": "application/json" };
  fetch("/api/leave", { method: "POST", keepalive: true, headers, body: JSON.stringify({ seat }) }).catch(() => null);
}
