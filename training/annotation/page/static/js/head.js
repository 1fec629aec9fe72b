/** What stands above every view: how far the coding is, whether all is on the disk, dark or light, keys. */
import { tell } from "./dialogs.js";
import { $, $$, set, text } from "./dom.js";

const AWAY =
  "The program does not answer. What you code is kept in this browser and saved as soon as it runs again: "
  + "start it with the same command.";
const THEMES = ["", "dark", "light"];

let standing = { pending: 0, reachable: true, stopped: false };
let isBusy = false;

/** Fill the head; returns { saved(state), busy(on), progress(done, of, name) } to keep it so. */
export function head(project, { onKeys, onChoose }) {
  text($("#coder"), project.coder);
  $("#help").addEventListener("click", onKeys);
  $("#choose").addEventListener("click", onChoose);
  $("#theme").addEventListener("click", nextTheme);
  $("#trouble button").addEventListener("click", () => tell(""));
  return { saved, busy, progress };
}

/** Go to the view that stands next in the head. */
export function nextView() {
  const views = $$("nav a");
  const at = views.findIndex((view) => view.getAttribute("aria-current") === "page");
  views[(at + 1) % views.length]?.click();
}

function nextTheme() {
  const root = document.documentElement;
  const isDark = getComputedStyle(root).colorScheme === "dark";
  const theme = THEMES.find((name) => name === (isDark ? "light" : "dark"));
  root.dataset.theme = theme;
  localStorage.setItem("affectbox-coding-theme", theme);
}

/** What was pressed and is not done yet is not saved either. */
function busy(on) {
  isBusy = on;
  showSaved();
}

function showSaved() {
  const { pending, reachable, stopped } = standing;
  const element = $("#saved");
  const state = stopped || !reachable ? "away" : pending || isBusy ? "waiting" : "saved";
  set(element, "data-state", state);
  const kept = pending ? `${pending} kept in this browser` : "The program does not answer";
  text($("span", element), { saved: "Saved", waiting: "Saving", away: kept }[state]);
}

function saved(state) {
  standing = state;
  showSaved();
  const { reachable, stopped, trouble } = state;
  if (stopped) return;
  if (trouble) tell(trouble);
  else if (!reachable) tell(AWAY);
  else if ($("#trouble").dataset.about === "reach") tell("");
  $("#trouble").dataset.about = reachable ? "" : "reach";
}

function progress(done, of, name) {
  const bar = $("#progress");
  bar.max = Math.max(of, 1);
  bar.value = done;
  text($("#progress-words"), `${done.toLocaleString()} of ${of.toLocaleString()} submitted`);
  text($("#choose span"), name);
  set($("#choose"), "aria-label", `Sequence ${name}: choose another`);
}
