/** The view in which frames and episodes are coded: everything is put together here. */
import { Beside } from "./beside.js";
import { choose } from "./chooser.js";
import { present } from "./coded.js";
import { Desk } from "./desk.js";
import { ask, tell } from "./dialogs.js";
import { Doing } from "./doing.js";
import { $, $$, set, text } from "./dom.js";
import { Episodes } from "./episodes.js";
import { head } from "./head.js";
import { listen } from "./keyboard.js";
import { shown, spoken } from "./keys.js";
import { get } from "./net.js";
import { Player } from "./player.js";
import { say } from "./say.js";
import { begin } from "./session.js";
import { settings } from "./settings.js";
import { Stage } from "./stage.js";
import { Tiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { Look, View } from "./view.js";

let desk, doing, player, episodes, tiles, stage, beside, timeline, look, heading;

async function start() {
  const onState = (state) => heading?.saved(state);
  const session = await begin({ onState, onAnswer: (answer) => desk && learned(answer) });
  const [project, book] = await Promise.all([get("/api/project"), get("/api/codebook")]);
  desk = new Desk(project, session.keymap, session);
  heading = head(project, { onKeys: () => settings(desk, labels), onChoose: chooseSequence });
  heading.saved(session.queue.state);
  look = new Look();
  player = new Player(desk);
  const here = () => player.at ?? desk.index;
  doing = new Doing(desk);
  episodes = new Episodes(desk, here);
  stage = new Stage(desk, player, new View($("#picture"), look));
  beside = new Beside(desk, new View($("#neutral"), look), book);
  timeline = new Timeline({ desk, episodes, here, onGo: go });
  tiles = new Tiles($("#actions"), project, desk.keymap, (action, strong) => tapped(action, strong));
  desk.addEventListener("sequence", onSequence);
  desk.addEventListener("place", () => player.stop());
  desk.addEventListener("change", show);
  player.addEventListener("frame", playing);
  player.addEventListener("end", show);
  look.addEventListener("change", showLook);
  wire();
  labels();
  listen(desk.keymap, {
    mode: () => desk.mode, command: (name) => COMMANDS[name]?.(), action: pressed, digit, escape,
    release: (action) => episodes.release(action), releaseAll: () => episodes.releaseAll(),
  });
  await desk.open(project.resume.sequence, project.resume.place);
  $("#main").focus();
  document.documentElement.dataset.ready = "";
}

const inEpisodes = () => desk.mode === "episodes";
const COMMANDS = {
  submit: () => submit(),
  remove: () => (inEpisodes() ? episodes.remove() : doing.digit(0)),
  clear: () => (inEpisodes() ? episodes.remove() : doing.clear()),
  other: () => (inEpisodes() ? episodes.step(-1) : doing.other()),
  repeat: () => (inEpisodes() ? episodes.step(1) : doing.repeat()),
  upper: () => doing.hide("upper"),
  lower: () => doing.hide("lower"),
  uncodable: () => doing.uncodable(),
  undo: () => undo("undo"),
  redo: () => undo("redo"),
  ask: () => doing.ask(),
  back: () => go(at() - 1),
  on: () => go(at() + 1),
  back10: () => go(at() - 10),
  on10: () => go(at() + 10),
  first: () => go(0),
  last: () => go(desk.length - 1),
  open: () => nextOpen(),
  jump: () => $("#jump").select(),
  previous: () => another(-1),
  next: () => another(1),
  choose: () => chooseSequence(),
  play: () => timed() && (player.isPlaying ? player.stop() : player.playLast()),
  run: () => timed() && (player.isPlaying ? player.stop() : player.run()),
  loop: () => timed() && loop(),
  slower: () => changeSpeed(-1),
  faster: () => changeSpeed(1),
  mode: () => timed() && changeMode(),
  onset: () => episodes.onset(),
  apex: () => episodes.apex(),
  offset: () => episodes.offset(),
  closer: () => look.closer(),
  wider: () => look.wider(),
  whole: () => look.whole(),
  brighter: () => look.brighten(0.1),
  darker: () => look.brighten(-0.1),
  neutral: () => neutral(),
  help: () => settings(desk, labels),
};

const at = () => player.at ?? desk.index;

function go(index) {
  if (player.isPlaying) player.stop();
  if (!desk.go(index)) show();
}

function pressed(action, strong) {
  if (!desk.actions[action]) return;
  if (inEpisodes()) episodes.press(action, strong);
  else doing.press(action, strong);
}

/** By pointer: in episodes, a tap. */
function tapped(action, strong) {
  pressed(action, strong);
  if (inEpisodes()) episodes.release(action);
}

function digit(number) {
  if (inEpisodes()) episodes.digit(number);
  else doing.digit(number);
}

function escape() {
  if (player.isPlaying) player.stop();
  else if (desk.chosen) episodes.choose("");
  else return false;
  return true;
}

async function submit() {
  if (inEpisodes()) return episodes.step(1);
  const marks = present(desk.coded).length;
  const { wasSubmitted } = await doing.submit();
  const next = wasSubmitted ? desk.index + 1 : desk.runs.next(desk.index);
  if (next === undefined || next >= desk.length) return finished();
  desk.go(next);
  return say(`submitted with ${marks || "no"} marks; frame ${desk.index + 1}`);
}

async function finished() {
  const left = desk.runs.next(desk.index);
  if (left !== undefined) return desk.go(left);
  const { sequences } = await get("/api/progress");
  const open = sequences.find(({ number, length, submitted }) => number !== desk.sequence.number && submitted < (length ?? 1));
  if (!open) return ask("Every frame of this project is submitted. Thank you.", { yes: "Good", no: "Stay here" });
  const name = `${desk.sequence.name}: all ${desk.length} frames are submitted.`;
  if (await ask(`${name} Go on with ${open.name}?`, { yes: "Go on", no: "Stay here" })) await desk.open(open.number);
  return undefined;
}

function nextOpen() {
  const next = desk.runs.next(desk.index);
  if (next === undefined) finished();
  else go(next);
}

function undo(type) {
  if (!desk.undoing[type]) return say(`nothing to ${type}`);
  return desk.actBlind(type);
}

async function learned(answer) {
  desk.learn(answer);
  if (!answer.went) return;
  const { sequence, place, what } = answer.went;
  if (sequence !== desk.sequence.number) await desk.open(sequence, place);
  else if (place !== null) desk.go(desk.indexOf(place));
  say(what);
}

async function another(by) {
  const numbers = desk.project.sequences;
  const next = desk.sequence.number + by;
  if (next < 0 || next >= numbers) return say(by > 0 ? "the last sequence" : "the first sequence");
  return openSequence(next);
}

async function openSequence(number) {
  player.stop();
  try {
    await desk.open(number);
  } catch (error) {
    tell(error.message);
  }
}

async function chooseSequence() {
  const number = await choose(desk.sequence.number);
  if (number !== null && number !== desk.sequence.number) await openSequence(number);
}

function timed() {
  if (desk.sequence.times_s) return true;
  say("These pictures do not follow each other: there is nothing to play.");
  return false;
}

function loop() {
  const episode = episodes.chosen ?? episodes.all().map(([, one]) => one).find((one) => one.onset <= at() && at() <= (one.offset ?? at()));
  if (!episode) return say("Choose an episode first.");
  return player.loop(episode.onset, episode.offset ?? desk.length - 1);
}

function changeSpeed(by) {
  const choice = $("#speed");
  choice.selectedIndex = Math.max(0, Math.min(choice.selectedIndex + by, choice.options.length - 1));
  player.speed = Number(choice.value);
  say(`speed ${choice.selectedOptions[0].textContent}`);
}

function changeMode() {
  episodes.releaseAll();
  desk.mode = inEpisodes() ? "frames" : "episodes";
  say(`coding ${desk.mode}`);
  desk.changed("coded");
}

async function neutral() {
  if (!desk.sequence.participant) return say("Every picture is of somebody else.");
  desk.act({ type: "setneutral", place: desk.place });
  await desk.queue.whenEmpty();
  desk.sequence.neutral = true;
  desk.sequence.neutral_is = `frame ${desk.index + 1}`;
  say("taken as neutral");
  return beside.showNeutral();
}

function onSequence() {
  document.body.classList.toggle("untimed", !desk.sequence.times_s);
  look.whole();
  beside.showNeutral();
}

function playing() {
  stage.show();
  timeline.show();
}

function show() {
  if (!desk.sequence) return;
  const { coded, opinion } = desk;
  const chosen = inEpisodes() ? episodes.chosen : null;
  const newest = inEpisodes() ? (chosen?.action ?? "") : desk.focus;
  const held = new Set(episodes.held.keys());
  const markOf = inEpisodes() ? markOfEpisodes : (action) => desk.markOf(action);
  tiles.show(markOf, { newest, held, hidden: coded.hidden, codable: coded.codable, guesses: opinion?.guesses });
  beside.showAction(newest);
  beside.showOpinion(opinion);
  stage.show();
  timeline.show();
  showFlags(coded);
  heading.progress(desk.runs.submitted, desk.length, desk.sequence.name);
  if (document.activeElement !== $("#jump")) $("#jump").value = desk.index + 1;
  text($("#of"), `of ${desk.length.toLocaleString()}`);
}

/** What of an action holds at the frame that is shown. */
function markOfEpisodes(action) {
  const frame = at();
  const now = [...desk.episodes.values()].find((one) => one.action === action && one.onset <= frame && frame <= (one.offset ?? frame));
  return now ? [now.value, now.side] : [0, ""];
}

function showFlags(coded) {
  $("#flags").hidden = inEpisodes();
  set($("#mode"), "aria-pressed", String(inEpisodes()));
  set($("[data-do=upper]"), "aria-pressed", String(coded.hidden.includes("upper")));
  set($("[data-do=lower]"), "aria-pressed", String(coded.hidden.includes("lower")));
  set($("[data-do=uncodable]"), "aria-pressed", String(!coded.codable));
  set($("#ask"), "aria-pressed", String(Boolean(desk.opinion)));
  text($("#submit span"), inEpisodes() ? "Next episode" : coded.submitted ? "Go on" : "Submit and go on");
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

/** The keys as they are now, wherever they are shown. */
function labels() {
  tiles.label();
  for (const element of $$("[data-do]")) {
    const key = desk.keymap.commands[element.dataset.do];
    set(element, "aria-keyshortcuts", spoken(key ?? ""));
    if ($("kbd", element)) text($("kbd", element), shown(key));
  }
  for (const name of ["submit", "undo", "redo", "ask"]) text($(`#${name} kbd`), shown(desk.keymap.commands[name]));
  for (const element of $$("[data-key]")) text(element, shown(desk.keymap.commands[element.dataset.key]));
  text($("#play-words"), "Play the last");
}

function wire() {
  for (const element of $$("[data-do]")) element.addEventListener("click", () => COMMANDS[element.dataset.do]());
  for (const name of ["submit", "undo", "redo", "ask"]) $(`#${name}`).addEventListener("click", () => COMMANDS[name]());
  const jump = $("#jump");
  jump.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    if (event.key === "Enter" && /^\d+$/.test(jump.value.trim())) go(Number(jump.value) - 1);
    event.preventDefault();
    $("#main").focus();
  });
  $("#last").addEventListener("change", (event) => (player.last = Number(event.target.value)));
  $("#speed").addEventListener("change", (event) => (player.speed = Number(event.target.value)));
  for (const name of ["brightness", "contrast"]) $(`#${name}`).addEventListener("input", (event) => look.set({ [name]: Number(event.target.value) }));
  // A pointer leaves nothing behind that would take the next Enter for itself.
  document.addEventListener("click", (event) => event.detail > 0 && event.target.closest("main button") && $("#main").focus());
  for (const choice of $$("main select")) choice.addEventListener("change", () => $("#main").focus());
}

start().catch((error) => tell(error.message));
