/** Contact sheets: many faces at once, an action at a time or all of a picture. Everything is put together here. */
import { choose } from "./chooser.js";
import { anyOpen, ask, tell } from "./dialogs.js";
import { $, set, text } from "./dom.js";
import { head, nextView } from "./head.js";
import { inOrder, Order } from "./inorder.js";
import { isOwn } from "./keyboard.js";
import { shown } from "./keys.js";
import { Naming } from "./naming.js";
import { get } from "./net.js";
import { say } from "./say.js";
import { begin } from "./session.js";
import { settings } from "./settings.js";
import { SheetDesk } from "./sheet-desk.js";
import { signs } from "./sheet-keys.js";
import { One } from "./sheet-one.js";
import { SheetView } from "./sheet-view.js";
import { Whole } from "./sheet-whole.js";
import { SHEET_KEYS } from "./view-keys.js";

const KEPT = "affectbox-coding-sheets"; // how this browser's coder likes sheets
let desk, keymap, one, whole, view, heading, kept, naming;
let took = null; // the action of what was last taken back
const allowed = new Set(); // places that may be changed though they were coded for good, since the coder said so

async function start() {
  const session = await begin({ onState: standing, onAnswer: (answer) => desk && learned(answer) });
  const [project, book, sign] = await Promise.all([get("/api/project"), get("/api/codebook"), signs()]);
  keymap = session.keymap;
  desk = new SheetDesk(project, session.queue);
  one = new One(desk, { mayChange });
  whole = new Whole(desk, keymap, { mayChange, onEnd: onward });
  naming = new Naming(keymap, desk.actions, (action) => open({ action }));
  heading = head(project, { onKeys: keys, onChoose: chooseSequence });
  heading.saved(session.queue.state);
  kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  if (kept.size) $("#size").value = kept.size;
  stretch(Boolean(kept.isStretched));
  view = new SheetView(desk, { one, whole }, { keymap, book, sign, heading, onPress: pressed, onNext: () => move(1) });
  wire();
  label();
  await open({ number: project.resume.sequence, action: kept.isWhole ? null : known(kept.action) });
  $("#main").focus();
  document.documentElement.dataset.ready = "";
}

function standing(state) {
  heading?.saved(state);
  view?.answers(state.reachable);
}

const known = (action) => (action in desk.actions ? action : desk.project.actions[0].key);
const mode = () => (desk.action === null ? whole : one);

async function open(changes) {
  try {
    await desk.open(changes);
  } catch (error) {
    tell(error.message);
    return;
  }
  allowed.clear();
  remember();
}

function remember() {
  const isStretched = document.body.dataset.contrast === "stretched";
  kept = { action: desk.action ?? kept.action, isWhole: desk.action === null, size: $("#size").value, isStretched };
  localStorage.setItem(KEPT, JSON.stringify(kept));
}

/** The action before (-1) or after (+1) in the project's order. */
function move(by) {
  const keys = desk.project.actions.map(({ key }) => key);
  const next = keys[keys.indexOf(desk.action) + by];
  if (next) return open({ action: next });
  return say(by > 0 ? "This is the last action" : "This is the first action");
}

function switchTo(isWhole) {
  return isWhole === (desk.action === null) ? undefined : open({ action: isWhole ? null : known(kept.action) });
}

async function chooseSequence() {
  const number = await choose(desk.sequence.number);
  if (number !== null) await open({ number });
}

function pressed(place) {
  if (desk.action === null) whole.point(place);
  else one.mark(place);
}

async function turn(by) {
  if (!(await desk.turn(by))) say(by > 0 ? "This is the last sheet" : "This is the first sheet");
}

async function submit() {
  if (!desk.sheet.length) return desk.action === null ? undefined : move(1);
  const missing = await unshown();
  if (desk.action === null) return whole.submit(missing);
  one.submit(missing);
  return onward();
}

/** Places of pictures that cannot be shown: they stay open, for nobody saw them. */
async function unshown() {
  const missing = await view.cells.missing();
  if (missing.length) say(`${missing.length} cannot be shown and stay open`);
  return missing;
}

/** The sheet is done: the next one, or what was left out. */
async function onward() {
  if (await desk.turn(1)) say(`next sheet, ${desk.sheet.length} pictures`);
  else if (desk.showing === "open") await open({});
  else say("This was the last sheet");
}

async function mayChange(place) {
  if (allowed.has(place)) return true;
  if (anyOpen()) return false;
  const more = "What it was stays in the project's history, and undo brings it back.";
  const may = await ask(`${desk.label(place)} was submitted. Change pictures of this sheet?`, { yes: "Change", no: "Leave it", more });
  if (may) desk.sheet.forEach((shownPlace) => allowed.add(shownPlace));
  return may;
}

async function learned(answer) {
  desk.learn(answer);
  if (!answer.went) return;
  const { sequence, place, what } = answer.went;
  await desk.queue.whenEmpty();
  if (took !== desk.action || !desk.places.includes(place)) await open({ number: sequence, action: took });
  await desk.find(place);
  await desk.recount();
  say(what);
}

/** Undo or redo; the action that it was about is shown, as far as its words name one. */
function take(type) {
  const words = desk.undoing[type];
  if (!words) return say(`nothing to ${type}`);
  const [named] = /\bA[UD]\d+\b/.exec(words) ?? [];
  took = desk.action !== null && named in desk.actions ? named : desk.action;
  return desk.queue.add({ type });
}

const keys = () => settings({ project: desk.project, keymap }, label, () => SHEET_KEYS);

function label() {
  text($("nav kbd"), shown(keymap.commands.view));
  for (const name of ["submit", "undo", "redo"]) text($(`#${name} kbd`), shown(keymap.commands[name]));
  view.near.label();
}

/** In sheets of one action arrows move the ring, for those who go through them by ear. */
function step(by) {
  const at = desk.ring === null ? -1 : desk.sheet.indexOf(desk.ring);
  const place = desk.sheet[Math.max(0, Math.min(at < 0 ? 0 : at + by, desk.sheet.length - 1))];
  if (place === undefined) return;
  desk.point(place);
  view.cells.focus(place);
}

const show = () => open({ showing: $("#showing").value });

function size() {
  remember();
  return view.lay();
}

/** Stretch the contrast of each picture, or show all as they are. */
function stretch(isOn) {
  document.body.dataset.contrast = isOn ? "stretched" : "";
  set($("#contrast"), "aria-pressed", String(isOn));
}

function toggleContrast() {
  stretch(document.body.dataset.contrast !== "stretched");
  remember();
  view.mark();
}

function cycle(id) {
  const choice = $(id);
  choice.selectedIndex = (choice.selectedIndex + 1) % choice.options.length;
  say(choice.selectedOptions[0].textContent);
  return { "#showing": show, "#size": size }[id]();
}

const EVERYWHERE = {
  F2: () => switchTo(desk.action !== null),
  F3: () => naming.begin(),
  F4: () => cycle("#showing"),
  F8: () => cycle("#size"),
  F9: toggleContrast,
  PageUp: () => turn(-1),
  PageDown: () => turn(1),
};
const OF_ONE = {
  "Ctrl+a": () => one.all(),
  "Ctrl+ArrowUp": () => move(-1),
  "Ctrl+ArrowDown": () => move(1),
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => step(-one.layout.columns),
  ArrowDown: () => step(one.layout.columns),
};
const OF_WHOLE = { "Ctrl+Enter": async () => whole.submitAll(await unshown()) };

/** Do what a key means; false: nothing. */
function heard(event) {
  const named = naming.hears(event);
  if (named) return named;
  const name = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.key}`;
  const own = EVERYWHERE[name] ?? (desk.action === null ? OF_WHOLE : OF_ONE)[name];
  if (own) return own();
  const command = keymap.commandOf(event, "frames");
  if (command === "undo" || command === "redo") return take(command);
  if (command === "view") return nextView();
  if (name === "Enter" || (command === "submit" && desk.action === null)) return submit();
  if (mode().press(event)) return true;
  if (command === "help") return void keys();
  return command === "choose" ? void chooseSequence() : false;
}

/** Whether a key is for the sheet, and not for a dialog, a button or a choice. */
function isOurs(event) {
  if (event.isComposing || event.defaultPrevented || anyOpen()) return false;
  if (event.repeat && !event.key.startsWith("Arrow")) return false;
  return !isOwn(event) || (event.key === "Enter" && event.target.closest(".cell") !== null);
}

function wire() {
  const on = (id, what, happens = "click") => $(id).addEventListener(happens, what);
  on("#one", () => switchTo(false));
  on("#whole", () => switchTo(true));
  on("#before", () => move(-1));
  on("#after", () => move(1));
  on("#action", () => open({ action: $("#action").value }), "change");
  on("#showing", show, "change");
  on("#size", size, "change");
  on("#contrast", toggleContrast);
  on("#submit", submit);
  on("#everything", () => one.all());
  on("#undo", () => take("undo"));
  on("#redo", () => take("redo"));
  on("#back", () => turn(-1));
  on("#on", () => turn(1));
  // A pointer leaves nothing behind that would take the next key for itself.
  on("#main", (event) => event.detail > 0 && event.target.closest("button") && $("#main").focus());
  on("#main", (event) => event.target.matches("select") && $("#main").focus(), "change");
  inOrder(isOurs, heard, new Order((on) => heading.busy(on)));
}

start().catch((error) => tell(error.message));
