// Evaluates Firebase's rules for the embedded database: one JSON object a line on standard input, one answer a line on
// standard output. Trees are kept by numbers, and share what they have in common: a write makes a new one and leaves
// the one before to readers who may not see it yet.
//
//   {"op": "rules", "rules": {…}}                                     at first
//   {"op": "load", "make": 1, "tree": …}                              a tree that the evaluator has not got
//   {"op": "read", "at": 1, "path": "a/b", "auth": …}
//   {"op": "write", "at": 1, "make": 2, "changes": {"a/b": …}, "auth": …, "now": 1700000000000, "free": false}
//   {"op": "drop", "at": 1}
//
// Answers: {"allowed": true}, {"allowed": false, "why": "…"} or {"error": "…"}. A write that is allowed makes tree 2;
// `free` ones, of who is above the rules, are always allowed.
'use strict';

const readline = require('readline');
const targaryen = require('targaryen');

const trees = new Map();
const everything = targaryen.ruleset({rules: {'.read': true, '.write': true}});
let rules = null;

// A user without an account is `null`, which targaryen's `as` would take for 'unchanged': a fresh database has none.
function as(under, at, auth, now) {
  return targaryen.database(under, trees.get(at), now).as(auth);
}

function answer(result) {
  return result.allowed ? {allowed: true} : {allowed: false, why: result.info};
}

const operations = {
  rules(request) {
    rules = targaryen.ruleset(request.rules);
    trees.clear();
    return {};
  },

  load(request) {
    trees.set(request.make, targaryen.database(rules, request.tree).root);
    return {};
  },

  read(request) {
    return answer(as(rules, request.at, request.auth).read(`/${request.path}`));
  },

  write(request) {
    const database = as(request.free ? everything : rules, request.at, request.auth, request.now);
    const result = '' in request.changes
      ? database.write('/', request.changes[''], undefined, request.now)
      : database.update('/', request.changes, request.now);
    if (result.allowed) trees.set(request.make, result.newDatabase.root);
    return answer(result);
  },

  drop(request) {
    trees.delete(request.at);
    return {};
  },
};

process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group: the database ends first, and closes our input

readline.createInterface({input: process.stdin}).on('line', (line) => {
  let reply;
  try {
    const request = JSON.parse(line);
    reply = operations[request.op](request);
  } catch (error) {
    reply = {error: String(error.message || error)};
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
});
