/** All keys, each to be changed, and the coder's few settings. */
import { LETTERS } from "./coded.js";
import { open } from "./dialogs.js";
import { $, h, text } from "./dom.js";
import { COMMANDS, nameOf, shown } from "./keys.js";
import { put } from "./net.js";
import { say } from "./say.js";

/**
 * Show the keys; they are saved as they are changed.
 * @param {{project, keymap}} desk
 * @param {() => void} onChange whenever a key or a setting was changed
 * @param {() => Array} more keys of this view that cannot be changed: their title, then [key, words]
 */
export function settings(desk, onChange, more = () => []) {
  const body = $("#keys-body");
  const fill = () => body.replaceChildren(...content(desk, changed, more()));
  const changed = async () => {
    fill();
    onChange();
    await put("/api/keys", { keymap: desk.keymap.data, level: desk.project.level });
  };
  fill();
  return open($("#keys"));
}

function content(desk, changed, [title, ...here]) {
  const { project, keymap } = desk;
  const groups = Map.groupBy ? Map.groupBy(COMMANDS, ([group]) => group) : grouped(COMMANDS);
  const sections = [...groups].map(([group, commands]) => [
    h("h3", {}, group),
    ...commands.map(([, name, words]) => row(keymap, name, words, changed)),
  ]);
  return [
    h(
      "div",
      { class: "settings" },
      project.scale === "intensity" ? level(project, changed) : null,
      h("button", { type: "button", onclick: () => reset(desk, changed) }, "All keys as delivered"),
    ),
    h(
      "div",
      { class: "key-table" },
      title && h("h3", {}, title),
      ...here.map(fixedRow),
      h("h3", {}, "Actions"),
      ...project.actions.map((action) => row(keymap, action.key, `${action.key} ${action.name}`, changed)),
      h("h3", {}, "After an action's key"),
      ...fixed(project).map(fixedRow),
      ...sections.flat(),
    ),
  ];
}

const fixedRow = ([key, words]) => h("p", {}, h("span", {}, words), h("kbd", {}, key));

function grouped(commands) {
  const groups = new Map();
  for (const command of commands) groups.set(command[0], [...(groups.get(command[0]) ?? []), command]);
  return groups;
}

function fixed(project) {
  const above = LETTERS[Math.min(project.level + 1, 5)];
  const strengths = project.scale === "intensity"
    ? [["1 – 5", "Intensity A to E"], ["same key", "One level more"], ["⇧ key", `Begin at ${above}`]]
    : [["same key", "Absent again"]];
  return [...strengths, ["6", "Left"], ["7", "Right"], ["8", "Top"], ["9", "Bottom"], ["0", "Take it away"]];
}

function row(keymap, who, words, changed) {
  const key = shown(keymap.keyOf(who)) || "none";
  const button = h("button", { type: "button", "aria-label": `Change the key of ${words}: ${key}` }, key);
  button.addEventListener("click", () => listen(button, keymap, who, changed));
  return h("p", {}, h("span", {}, words), button);
}

function listen(button, keymap, who, changed) {
  button.classList.add("listening");
  text(button, "press…");
  say("Press the new key; Escape leaves it.");
  const stop = () => {
    button.classList.remove("listening");
    button.removeEventListener("keydown", take);
    text(button, shown(keymap.keyOf(who)) || "none");
  };
  const take = (event) => {
    const name = nameOf(event);
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    stop();
    if (name === "Escape" || name === "Tab" || /^[0-9]$/.test(name)) return;
    const other = keymap.give(who, name);
    say(`${shown(name)} is taken${other ? `; ${other} has ${shown(keymap.keyOf(other)) || "no key"} now` : ""}.`);
    changed();
  };
  button.addEventListener("keydown", take);
  button.addEventListener("blur", stop, { once: true });
}

function level(project, changed) {
  const choice = h(
    "select",
    { id: "level" },
    [1, 2, 3, 4].map((value) => h("option", { value, selected: value === project.level }, LETTERS[value])),
  );
  choice.addEventListener("change", () => {
    project.level = Number(choice.value);
    changed();
  });
  return h("label", {}, "An action's key codes it as ", choice);
}

function reset(desk, changed) {
  desk.keymap.actions = { ...desk.project.delivered.actions };
  desk.keymap.commands = { ...desk.project.delivered.commands };
  changed();
}
