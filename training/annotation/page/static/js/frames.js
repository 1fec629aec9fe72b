/** The view in which frames and episodes are coded: everything is put together here. */
import { Beside } from "./beside.js";
import { Commands } from "./commands.js";
import { Desk } from "./desk.js";
import { tell } from "./dialogs.js";
import { Doing } from "./doing.js";
import { $, $$, set, text } from "./dom.js";
import { Episodes } from "./episodes.js";
import { head } from "./head.js";
import { Order } from "./inorder.js";
import { listen } from "./keyboard.js";
import { shown, spoken } from "./keys.js";
import { get } from "./net.js";
import { Player } from "./player.js";
import { begin } from "./session.js";
import { settings } from "./settings.js";
import { Stage } from "./stage.js";
import { Tiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { Look, View } from "./view.js";

const BUTTONS = ["submit", "undo", "redo", "ask"];
const order = new Order((on) => heading.busy(on));
let desk, player, episodes, commands, tiles, stage, beside, timeline, look, heading;

async function start() {
  const session = await begin({ onState: (state) => heading?.saved(state), onAnswer: learn });
  const [project, book] = await Promise.all([get("/api/project"), get("/api/codebook")]);
  desk = new Desk(project, session.keymap, session);
  look = new Look();
  player = new Player(desk);
  episodes = new Episodes(desk, () => commands.at);
  const view = new View($("#picture"), look);
  stage = new Stage(desk, player, view);
  beside = new Beside(desk, new View($("#neutral"), look), book);
  const onKeys = () => settings(desk, labels);
  commands = new Commands({ order, desk, doing: new Doing(desk), episodes, player, stage, look, view, beside, onKeys });
  timeline = new Timeline({ desk, episodes, here: () => commands.at, onGo: go });
  const onPress = (action, strong) => order.take(() => commands.tap(action, strong));
  tiles = new Tiles($("#actions"), project, desk.keymap, onPress);
  wire();
  heading = head(project, { onKeys, onChoose: () => commands.choose() });
  heading.saved(session.queue.state);
  labels();
  await commands.openSequence(project.resume.sequence, project.resume.place);
  if (!desk.sequence) commands.choose(); // it cannot be read, as the page says: another one perhaps
  $("#main").focus();
  document.documentElement.dataset.ready = "";
}

function learn(answer) {
  if (!desk?.sequence) return;
  desk.learn(answer);
  stage.canBeSeen(); // now that the program answers
  if (answer.went) commands.follow(answer.went);
}

function show() {
  if (!desk.sequence) return;
  const { coded, opinion } = desk;
  const inEpisodes = commands.inEpisodes;
  const newest = inEpisodes ? (episodes.chosen?.action ?? "") : desk.focus;
  const markOf = inEpisodes ? (action) => episodes.markOf(action) : (action) => desk.markOf(action);
  const held = new Set(episodes.held.keys());
  const judged = inEpisodes || coded.submitted ? [] : coded.judged;
  tiles.show(markOf, { newest, held, judged, hidden: coded.hidden, codable: coded.codable });
  beside.showAction(newest);
  beside.showOpinion(opinion);
  showFrame();
  showButtons(coded);
  heading.progress(desk.runs.submitted, desk.length, desk.sequence.title);
}

/** What changes with each frame that is played. */
function showFrame() {
  stage.show();
  timeline.show();
  if (document.activeElement !== $("#jump")) $("#jump").value = desk.numberAt(commands.at);
}

function showButtons(coded) {
  const { inEpisodes } = commands;
  const hides = (part) => coded.hidden.includes(part);
  const isOn = { mode: inEpisodes, upper: hides("upper"), lower: hides("lower"), uncodable: !coded.codable };
  for (const [name, on] of Object.entries(isOn)) set($(`[data-do=${name}]`), "aria-pressed", String(on));
  set($("#ask"), "aria-pressed", String(Boolean(desk.opinion)));
  $("#flags").hidden = inEpisodes;
  text($("#submit span"), inEpisodes ? "Next episode" : coded.submitted ? "Go on" : "Submit and go on");
  for (const type of ["undo", "redo"]) {
    $(`#${type}`).disabled = !desk.undoing[type];
    set($(`#${type}`), "title", desk.undoing[type] || `Nothing to ${type}`);
  }
}

function showLook() {
  text($("#zoom"), `${look.zoom.toFixed(look.zoom < 10 ? 1 : 0)} ×`);
  $("#brightness").value = look.brightness;
  $("#contrast").value = look.contrast;
}

function onSequence() {
  const { sequence, length } = desk;
  document.body.classList.toggle("untimed", !sequence.ordered);
  const last = desk.numberAt(length - 1).toLocaleString();
  text($("#of"), (sequence.first ?? 1) === 1 ? `of ${last}` : `of ${sequence.first} – ${last}`);
  look.whole();
  beside.showNeutral();
}

/** The keys as they are now, wherever they are shown. */
function labels() {
  tiles.label();
  const { commands: keys } = desk.keymap;
  const labelled = $$("[data-do]").map((one) => [one, one.dataset.do]);
  for (const [element, name] of [...labelled, ...BUTTONS.map((name) => [$(`#${name}`), name])]) {
    set(element, "aria-keyshortcuts", spoken(keys[name] ?? ""));
    if ($("kbd", element)) text($("kbd", element), shown(keys[name]));
  }
  for (const element of $$("[data-key]")) text(element, shown(keys[element.dataset.key]));
}

function wire() {
  desk.addEventListener("sequence", onSequence);
  desk.addEventListener("sequence", listenToKeys, { once: true });
  desk.addEventListener("place", () => player.stop());
  desk.addEventListener("change", show);
  player.addEventListener("frame", showFrame);
  player.addEventListener("end", show);
  look.addEventListener("change", showLook);
  const onClick = (element, name) => element.addEventListener("click", () => order.take(() => commands.do(name)));
  for (const element of $$("[data-do]")) onClick(element, element.dataset.do);
  for (const name of BUTTONS) onClick($(`#${name}`), name);
  wireFields();
}

function listenToKeys() {
  listen(desk.keymap, {
    mode: () => desk.mode,
    command: (name) => commands.do(name),
    action: (action, strong, when) => commands.press(action, strong, when),
    digit: (number) => commands.digit(number),
    escape: () => commands.escape(),
    release: (action, when) => episodes.release(action, when),
    releaseAll: () => episodes.releaseAll(),
  }, order);
}

const go = (index) => order.take(() => commands.go(index));

function wireFields() {
  const jump = $("#jump");
  jump.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    $("#main").focus();
    if (event.key === "Enter" && /^\d+$/.test(jump.value.trim())) go(desk.indexOfNumber(Number(jump.value)));
    showFrame();
  });
  $("#last").addEventListener("change", (event) => (player.last = Number(event.target.value)));
  $("#speed").addEventListener("change", (event) => (player.speed = Number(event.target.value)));
  for (const name of ["brightness", "contrast"]) {
    $(`#${name}`).addEventListener("input", (event) => look.set({ [name]: Number(event.target.value) }));
  }
  // A pointer leaves nothing behind that would take the next Enter for itself.
  const isPressed = (event) => event.detail > 0 && event.target.closest("main button");
  document.addEventListener("click", (event) => isPressed(event) && $("#main").focus());
  for (const choice of $$("main select")) choice.addEventListener("change", () => $("#main").focus());
}

start().catch((error) => tell(error.message));
