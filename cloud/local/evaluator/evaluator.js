// Evaluates Firebase's rules for the embedded database: one JSON object a line on standard input, one answer a line on
// standard output. targaryen's database is kept for each namespace, so that a request costs no copy of the tree.
//
//   {"op": "rules", "rules": {…}}                                          at first
//   {"op": "load", "as": 1, "tree": …}                                     a tree, and the number by which it is meant
//   {"op": "read", "of": 1, "path": "a/b", "auth": …}
//   {"op": "write", "of": 1, "as": 2, "changes": {"a/b": …}, "auth": …, "now": 1700000000000}
//   {"op": "made", "of": 1, "as": 2, "changes": {"a/b": …}, "now": …}      past the rules
//
// Each may have `drop`, numbers that are not meant any more. Trees share what they have in common.
// Answers: {"allowed": true}, {"allowed": false, "why": "…"}, {} or {"error": "…"}.
'use strict';

const readline = require('readline');
const targaryen = require('targaryen');

const trees = new Map();
let rules = null;

// A user without an account is `null`, which targaryen's `as` would take for 'unchanged': a fresh database has none.
function as(number, auth, now) {
  return targaryen.database(rules, trees.get(number), now).as(auth);
}

function answer(result) {
  return result.allowed ? {allowed: true} : {allowed: false, why: result.info};
}

const operations = {
  rules(request) {
    rules = targaryen.ruleset(request.rules);
    return {};
  },

  load(request) {
    trees.set(request.as, targaryen.database(rules, request.tree).root);
    return {};
  },

  read(request) {
    return answer(as(request.of, request.auth).read(`/${request.path}`));
  },

  write(request) {
    const database = as(request.of, request.auth, request.now);
    const result = '' in request.changes
      ? database.write('/', request.changes[''], undefined, request.now)
      : database.update('/', request.changes, request.now);
    if (result.allowed) trees.set(request.as, result.newDatabase.root);
    return answer(result);
  },

  made(request) {
    const whole = request.changes[''];
    const root = '' in request.changes
      ? targaryen.database(rules, whole).root
      : trees.get(request.of).$merge('/', request.changes, request.now);
    trees.set(request.as, root);
    return {};
  },
};

process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group: the database ends first, and closes our input

readline.createInterface({input: process.stdin}).on('line', (line) => {
  let reply;
  try {
    const request = JSON.parse(line);
    for (const number of request.drop || []) trees.delete(number);
    reply = operations[request.op](request);
  } catch (error) {
    reply = {error: String(error.message || error)};
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
});
