/** Choosing a participant and a sequence. */
import { open } from "./dialogs.js";
import { $, $$, h } from "./dom.js";
import { get } from "./net.js";

const MOST = 400; // rows at once; the rest is found by typing

/** Let the coder choose; resolves with the sequence's number, or null. */
export async function choose(current) {
  const { sequences } = await get("/api/progress");
  const dialog = $("#sequences");
  const filter = $("#filter");
  const list = $("#sequence-list");
  filter.value = "";
  const fill = () => list.replaceChildren(...rows(sequences, filter.value, current));
  filter.oninput = fill;
  dialog.onkeydown = (event) => walk(event, list);
  fill();
  const answer = open(dialog);
  ($("[aria-current=true]", list) ?? filter).focus();
  const chosen = await answer;
  return chosen === "" ? null : Number(chosen);
}

function rows(sequences, wanted, current) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (one) => words.every((word) => `${one.participant} ${one.title}`.toLowerCase().includes(word));
  const found = sequences.filter(fits);
  const made = found.slice(0, MOST).map((one) => row(one, one.number === current));
  if (found.length > MOST) made.push(h("li", { class: "number" }, `${found.length - MOST} more: type to find them`));
  if (!found.length) made.push(h("li", {}, "None has these words in its name."));
  return made;
}

function row(one, isCurrent) {
  const of = one.length ?? "?";
  return h(
    "li",
    {},
    h(
      "button",
      { value: String(one.number), "aria-current": isCurrent ? "true" : null },
      h("span", {}, h("b", {}, one.participant || "various people")),
      h("span", {}, one.title),
      h("progress", { max: one.length || 1, value: one.submitted, "aria-hidden": "true" }),
      h("span", { class: "number" }, `${one.submitted} of ${of}${one.episodes ? `, ${one.episodes} ep.` : ""}`),
    ),
  );
}

function walk(event, list) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const buttons = $$("button", list);
  const at = buttons.indexOf(document.activeElement);
  buttons[Math.max(0, Math.min(at + by, buttons.length - 1))]?.focus();
}
