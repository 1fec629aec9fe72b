/** How far two coders agree, action by action. */
import { tell } from "./dialogs.js";
import { $, h, set, text } from "./dom.js";
import { head } from "./head.js";
import { get } from "./net.js";

const PART = { upper: "Upper face hidden", lower: "Lower face hidden", codable: "Codable" };
const OVER = { frames: "Frames", episodes: "Frames of episodes" };
let project, names;

async function start() {
  project = await get("/api/project");
  names = Object.fromEntries(project.actions.map(({ key, name }) => [key, name]));
  head(project, { onKeys: () => null, onChoose: () => null });
  for (const id of ["#choose", "#help", "#saved", ".progress"]) $(id).hidden = true;
  $("#window").addEventListener("change", show);
  await show();
  document.documentElement.dataset.ready = "";
}

async function show() {
  set($("#figures"), "aria-busy", "true");
  text($("#over"), "The figures are being computed …");
  try {
    draw(await get(`/api/agreement?window=${encodeURIComponent($("#window").value)}`));
    tell("");
  } catch (error) {
    text($("#over"), "");
    tell(error.message);
  }
  set($("#figures"), "aria-busy", "false");
}

function draw(found) {
  text($("#who"), `Agreement of ${found.coders.join(" and ")}`);
  const over = Object.values(found.over).join("; ");
  text($("#over"), `${found.frames.toLocaleString()} frames by both coders${over && `; intervals over ${over}`}`);
  const tables = Object.keys(OVER).map((basis) => frames(found, basis, found.rows.filter((row) => row.basis === basis)));
  $("#figures").replaceChildren(...tables.filter(Boolean), ...(found.onsets.length ? [onsets(found)] : []));
}

function frames(found, basis, rows) {
  if (!rows.length) return null;
  const isGraded = found.scale === "intensity";
  const [first, second] = found.coders;
  const titles = ["Action", "n", first, second, "both", "agree", "κ", "PABAK", "α", ...(isGraded ? ["ICC(2,1)", "ICC(3,1)"] : [])];
  return table(OVER[basis], titles, rows.map((row) => [
    action(row.action),
    row.frames.toLocaleString(),
    ...row.present.map((count) => count.toLocaleString()),
    percent(row.agreed.value),
    [bar(row.kappa.value), ...figure(row.kappa)],
    figure(row.pabak),
    figure(row.alpha),
    ...(isGraded ? [figure(row.icc21), figure(row.icc31)] : []),
  ]));
}

function onsets(found) {
  const [first, second] = found.coders;
  const titles = ["Action", first, second, "same onset", "share", `${second} later by`, "same offset"];
  return table(`Onsets within ${found.window_s} s`, titles, found.onsets.map((row) => [
    action(row.action),
    ...row.episodes.map(String),
    String(row.matched),
    [bar(row.index.value), ...figure(row.index)],
    row.lag_s.value === null ? "–" : `${row.lag_s.value.toFixed(2)} s`,
    percent(row.offsets.value),
  ]));
}

function table(caption, titles, rows) {
  const cells = (row) => row.map((cell, index) => h(index ? "td" : "th", index ? {} : { scope: "row" }, cell));
  return h(
    "table",
    { class: "figures" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, cells(row)))),
  );
}

function action(key) {
  const link = h("a", { href: `/review?action=${key}`, title: "Go through the disagreements" }, PART[key] ?? key);
  return [h("b", {}, link), " ", names[key] ?? ""];
}

const number = (value) => (value === null ? "–" : value.toFixed(2).replace("-", "−"));
const percent = (value) => (value === null ? "–" : `${Math.round(100 * value)} %`);

function figure({ value, low, high }) {
  if (value === null) return ["–"];
  return [number(value), " ", h("small", {}, low === null ? "" : `[${number(low)}, ${number(high)}]`)];
}

function bar(value) {
  const element = h("span", { class: "bar", "aria-hidden": "true" });
  element.style.setProperty("--part", `${100 * Math.max(0, value ?? 0)}%`);
  return element;
}

start().catch((error) => tell(error.message));
