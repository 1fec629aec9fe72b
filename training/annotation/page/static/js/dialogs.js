/** Dialogs: a question with two answers, and those that stand in the document. */
import { $, h, text } from "./dom.js";

/** Open a dialog of the document; resolves with what it was closed with. */
export function open(dialog) {
  if (dialog.open) return Promise.resolve("");
  const before = document.activeElement;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        before?.focus?.({ preventScroll: true });
        resolve(dialog.returnValue);
      },
      { once: true },
    );
  });
}

/** Whether a dialog is open: keys are its own then. */
export const anyOpen = () => document.querySelector("dialog[open]") !== null;

/** Ask; Enter is yes, Escape is no; without `no` there is nothing to decide. */
export async function ask(question, { yes = "Yes", no = "No", more = "" } = {}) {
  const dialog = h(
    "dialog",
    { class: "question", "aria-labelledby": "question" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "question" }, question),
      more && h("p", {}, more),
      h(
        "p",
        { class: "answers" },
        h("button", { value: "yes", class: "primary", autofocus: true }, yes, " ", h("kbd", {}, "↵")),
        no && h("button", { value: "no" }, no, " ", h("kbd", {}, "Esc")),
      ),
    ),
  );
  document.body.append(dialog);
  const answer = await open(dialog);
  dialog.remove();
  return answer === "yes";
}

/** Tell of what went wrong, in the band below the head, until it is put away. */
export function tell(sentence) {
  const band = $("#trouble");
  text($("span", band), sentence);
  band.hidden = !sentence;
}
