/** Going through what two coders disagree on, together. Everything is put together here. */
import { SIDES, sided, words } from "./coded.js";
import { anyOpen, tell } from "./dialogs.js";
import { $, h, set, text } from "./dom.js";
import { head, nextView } from "./head.js";
import { inOrder, Order } from "./inorder.js";
import { isOwn } from "./keyboard.js";
import { digitOf, nameOf as keyOf, shown } from "./keys.js";
import { bytes, get } from "./net.js";
import { ReviewDesk } from "./review-desk.js";
import { say } from "./say.js";
import { begin } from "./session.js";
import { settings } from "./settings.js";
import { REVIEW_KEYS } from "./view-keys.js";
import { Look, View } from "./view.js";

const PART = { upper: "Upper face hidden", lower: "Lower face hidden", codable: "Codable" };
const MOST = 200; // frames listed at once
const BEFORE = 40; // of them before the one at hand
let desk, keymap, heading, book, view, neutral, look;

async function start() {
  const session = await begin({ onState: (state) => heading?.saved(state), onAnswer: (answer) => desk && learned(answer) });
  let project;
  [project, book] = await Promise.all([get("/api/project"), get("/api/codebook")]);
  keymap = session.keymap;
  desk = new ReviewDesk(project, session.queue, tell);
  heading = head(project, { onKeys: keys, onChoose: () => $("#list").focus() });
  heading.saved(session.queue.state);
  look = new Look();
  view = new View($("#picture"), look);
  neutral = new View($("#neutral"), new Look());
  desk.addEventListener("frame", showFrame);
  desk.addEventListener("change", show);
  wire();
  label();
  await desk.load();
  fill();
  $("#main").focus();
  document.documentElement.dataset.ready = "";
}

function fill() {
  const all = [...new Set(desk.frames.flatMap(({ actions }) => actions))];
  const inOrder = [...desk.project.actions.map(({ key }) => key), ...Object.keys(PART)].filter((key) => all.includes(key));
  const count = (key) => desk.frames.filter(({ actions }) => actions.includes(key)).length;
  const options = inOrder.map((key) => h("option", { value: key }, `${PART[key] ?? key} (${count(key)})`));
  $("#of").replaceChildren(h("option", { value: "" }, `all actions (${desk.frames.length})`), ...options);
  const wanted = new URLSearchParams(location.search).get("action");
  if (!wanted || !inOrder.includes(wanted)) return;
  $("#of").value = wanted;
  choose();
}

/** What a value of a question is in words. */
function told({ kind }, value) {
  if (kind === "codable") return value ? "codable" : "not codable";
  if (kind === "hidden") return value ? "hidden" : "seen";
  if (value === null) return kind === "episode" ? "none" : "not coded";
  if (kind === "mark") return value[0] ? words(value, desk.project.scale) : "absent";
  return `${value.onset} – ${value.offset ?? "open"}, ${words([value.value, value.side], desk.project.scale)}`;
}

function nameOf({ kind, key, episode }) {
  const action = desk.actions[kind === "episode" ? episode.action : key];
  return action ? [h("b", {}, action.key), " ", h("span", {}, action.name)] : [h("b", {}, PART[key])];
}

function show() {
  showList();
  showRows();
  showBook();
  const { alikeCount: alike, here } = desk;
  $("#alike").replaceChildren(...(alike ? alikeWords(alike) : []));
  heading.progress(desk.settledCount, desk.frames.length, here ? `${desk.at + 1} of ${desk.shown.length}` : "nothing to settle");
  text($("#progress-words"), `${desk.settledCount.toLocaleString()} of ${desk.frames.length.toLocaleString()} settled`);
  $("#submit").disabled = !here;
  text($("#hint"), here ? hint() : "");
  for (const which of ["undo", "redo"]) {
    $(`#${which}`).disabled = !desk.undoing[which];
    set($(`#${which}`), "title", desk.undoing[which] || `Nothing to ${which}`);
  }
}

function hint() {
  const own = desk.project.scale === "intensity" ? "0–5 another value" : "0 absent, 1 present";
  return `← as ${desk.coders[0]}, → as ${desk.coders[1]}; ${own}, 6–9 its side; ↑ ↓ another question; PgUp, PgDn another picture; ⇧ ← → frames around it`;
}

function alikeWords(count) {
  const codes = count === 1 ? "One frame or episode is" : `${count.toLocaleString()} frames or episodes are`;
  return [`${codes} coded alike and need no talk. `, h("button", { type: "button", onclick: takeAlike }, "Take over ", h("kbd", {}, "T"))];
}

function showList() {
  const from = Math.max(0, desk.at - BEFORE);
  const list = desk.shown.slice(from, from + MOST).map((one, offset) => {
    const index = from + offset;
    const size = h("span", { class: "size", title: "How far apart" });
    size.style.setProperty("--part", `${Math.round(100 * one.size)}%`);
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", "aria-current": index === desk.at ? "true" : null, tabindex: "-1", onclick: () => desk.go(index) },
        h("b", {}, one.label || `frame ${one.frame}`),
        one.settled ? h("span", { class: "settled" }, "✓ settled") : size,
        h("span", { class: "what" }, one.words),
      ),
    );
  });
  const left = desk.shown.length - from - list.length;
  if (left > 0) list.push(h("li", { class: "more" }, `${left.toLocaleString()} more`));
  const nothing = desk.frames.length ? "All of these are settled." : "The coders disagree on nothing.";
  $("#list").replaceChildren(...(list.length ? list : [h("li", {}, nothing)]));
  $("#list [aria-current]")?.scrollIntoView({ block: "nearest" });
}

function showRows() {
  text($("#first"), desk.coders[0]);
  text($("#second"), desk.coders[1]);
  $("#rows tbody").replaceChildren(...desk.questions.map((question, index) => row(question, index)));
  $("#rows [aria-current]")?.scrollIntoView({ block: "nearest" });
}

function row(question, index) {
  const answer = desk.answer(question);
  const is = (value) => answer !== undefined && JSON.stringify(answer) === JSON.stringify(value);
  const button = (value, coder) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(is(value)), disabled: question.kind === "mark" && value === null, "aria-label": `${coder}: ${told(question, value)}`, onclick: () => (desk.point(index), take(value)) },
      question.kind === "mark" && value === null ? "–" : told(question, value),
    );
  return h(
    "tr",
    { "aria-current": index === desk.row ? "true" : null },
    h("th", { scope: "row" }, ...nameOf(question)),
    h("td", {}, button(question.first, desk.coders[0])),
    h("td", {}, button(question.second, desk.coders[1])),
    h("td", { class: answer === undefined ? "open" : null }, answer === undefined ? "open" : told(question, answer)),
  );
}

function showBook() {
  const key = desk.question?.episode?.action ?? desk.question?.key;
  const said = book[key];
  if (!said) return $("#book").replaceChildren();
  const confused = said.confused ? [h("br"), h("b", {}, "Taken for it: "), said.confused] : [];
  return $("#book").replaceChildren(h("b", {}, `${key}: `), said.seen, ...confused);
}

async function showFrame() {
  const { here, beside } = desk;
  if (!beside) look.whole();
  text($("#where"), here ? whereIs(here, beside) : "");
  const [picture, face] = await Promise.all([
    here && bitmap(`/pictures/${here.sequence}/${here.place + beside}`),
    here && desk.said.neutral ? bitmap(`/neutral/${here.sequence}`) : null,
  ]);
  if (here !== desk.here || beside !== desk.beside) return;
  view.show(picture);
  $("#neutral-figure").hidden = !face;
  neutral.show(face);
}

function whereIs(here, beside) {
  if (!beside) return here.label || `frame ${here.frame}`;
  return `${Math.abs(beside)} ${beside > 0 ? "after" : "before"} ${here.label || `frame ${here.frame}`}`;
}

async function bitmap(path) {
  try {
    return await createImageBitmap(await bytes(path));
  } catch (error) {
    tell(error.message);
    return null;
  }
}

/** Agree on a value, and go to the next question. */
function take(value) {
  const { question } = desk;
  if (!question) return;
  if (question.kind === "mark" && value === null) {
    say("That coder judged nothing here: take the other's, or give a value.");
    return;
  }
  desk.agree(value);
  say(`agreed: ${told(question, value)}`);
  desk.next();
}

/** Another value than both gave. */
function digit(number) {
  const { question } = desk;
  if (question?.kind !== "mark") return;
  const [value, side] = desk.answer(question) ?? question.first ?? question.second;
  if (number > 5) desk.agree(sided([value || 1, side], SIDES[number - 6]));
  else if (number <= desk.project.largest) desk.agree([number, number ? side : ""]);
  else return;
  say(`agreed: ${told(question, desk.answer(question))}`);
}

async function settle() {
  if (!desk.here) return;
  if (!desk.isAnswered) {
    desk.next();
    say("This question is open.");
    return;
  }
  if (!desk.here.settled) desk.settle();
  const { here } = desk;
  desk.choose({});
  const at = desk.shown.indexOf(here);
  await desk.go(at < 0 ? desk.at : at + 1);
}

function takeAlike() {
  if (desk.alikeCount) say(`${desk.takeAlike()} taken over`);
}

async function choose() {
  desk.choose({ action: $("#of").value, isOpenOnly: $("#which").value === "open" });
  await desk.go(0);
}

async function learned(answer) {
  desk.learn(answer);
  if (!answer.went) return;
  const { sequence, place, what } = answer.went;
  await desk.load();
  const index = desk.shown.findIndex((one) => one.sequence === sequence && one.place === place);
  if (index >= 0) await desk.go(index);
  say(what);
}

function undo(type) {
  if (desk.undoing[type]) desk.queue.add({ type });
  else say(`nothing to ${type}`);
}

const keys = () => settings({ project: desk.project, keymap }, label, () => REVIEW_KEYS);

function label() {
  text($("nav kbd"), shown(keymap.commands.view));
  for (const name of ["undo", "redo"]) text($(`#${name} kbd`), shown(keymap.commands[name]));
}

const KEYS = {
  Enter: settle,
  ArrowLeft: () => take(desk.question?.first),
  ArrowRight: () => take(desk.question?.second),
  ArrowUp: () => desk.point(desk.row - 1),
  ArrowDown: () => desk.point(desk.row + 1),
  PageUp: () => desk.go(desk.at - 1),
  PageDown: () => desk.go(desk.at + 1),
  t: takeAlike,
  F4: () => (($("#of").selectedIndex = ($("#of").selectedIndex + 1) % $("#of").options.length), choose()),
};

/** Do what a key means; false: nothing. */
function heard(event) {
  const command = keymap.commandOf(event, "frames");
  const number = digitOf(event);
  const step = event.shiftKey && { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }[event.key];
  if (command === "undo" || command === "redo") return undo(command);
  if (command === "view") return nextView();
  if (step) return desk.look(step);
  const own = KEYS[keyOf(event)];
  if (own) return own();
  if (number !== null) return digit(number);
  return command === "help" ? void keys() : false;
}

function wire() {
  $("#submit").addEventListener("click", settle);
  for (const name of ["undo", "redo"]) $(`#${name}`).addEventListener("click", () => undo(name));
  for (const id of ["#of", "#which"]) $(id).addEventListener("change", () => choose().then(() => $("#main").focus()));
  const isOurs = (event) => !event.isComposing && !event.defaultPrevented && !anyOpen() && !isOwn(event);
  inOrder(isOurs, heard, new Order((on) => heading.busy(on)));
}

start().catch((error) => tell(error.message));
