/** Asking the program that serves this page. */

/** The program refused; the message is its sentence. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** The program does not answer: it was stopped, or the machine sleeps. */
class Unreachable extends Error {}

const PATIENCE_MS = 20_000;

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  } catch {
    throw new Unreachable("The program does not answer.");
  }
  if (answer.ok) return answer;
  let said = {};
  try {
    said = await answer.json();
  } catch { /* not ours */ }
  throw new Refused(said.error ?? `The program answered ${answer.status}.`, answer.status);
}

/** What a path answers, as a value. */
export const get = async (path) => (await ask(path)).json();

/** A picture's bytes. */
export const bytes = async (path, signal) => (await ask(path, signal ? { signal } : {})).blob();

const sent = (method) => async (path, body) =>
  (await ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();

/** Send a value, get one. */
export const post = sent("POST");
export const put = sent("PUT");
