/** Keys that a view has for itself and that cannot be changed: their title, then [key, words]. */

export const SHEET_KEYS = [
  "On contact sheets",
  ["A picture's key", "Mark it; the key of the place where it lies"],
  ["↵", "Submit: what is unmarked is absent"],
  ["Ctrl ↵", "Whole pictures: submit all of the sheet"],
  ["−", "One action: its part of the face is hidden"],
  ["+", "One action: not codable"],
  ["Ctrl A", "One action: mark all, or none"],
  ["Ctrl ↑", "The action before"],
  ["Ctrl ↓", "The action after"],
  ["F2", "One action, or whole pictures"],
  ["F3", "Then an action's key: to its sheet"],
  ["F4", "What is shown"],
  ["F8", "How large pictures are"],
  ["F9", "Contrast of each picture stretched"],
  ["PgUp", "The sheet before"],
  ["PgDn", "The sheet after, without submitting"],
];

export const REVIEW_KEYS = [
  "In the review",
  ["←", "As the first coder has it"],
  ["→", "As the second coder has it"],
  ["0 – 5", "Another value"],
  ["6 – 9", "Its side: left, right, top, bottom"],
  ["↑ ↓", "Another question"],
  ["↵", "Settled: the next picture"],
  ["PgUp PgDn", "Another picture"],
  ["⇧ ← →", "A frame before or after"],
  ["⇧ ↑ ↓", "Ten frames before or after"],
  ["T", "Take over what both coded alike"],
  ["F4", "Another action"],
];
