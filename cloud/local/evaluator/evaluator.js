// Evaluates Firebase's rules for the embedded database: one JSON object a line on standard input, one answer a line on
// standard output. targaryen's database is kept for each namespace, so that a request costs no copy of the tree.
//
//   {"op": "rules", "rules": {…}}                                     at first
//   {"op": "load", "ns": "clinic", "tree": …}                         when the tree was changed past the rules
//   {"op": "read", "ns": "clinic", "path": "a/b", "auth": …}
//   {"op": "write", "ns": "clinic", "changes": {"a/b": …}, "auth": …, "now": 1700000000000}
//
// Answers: {"allowed": true}, {"allowed": false, "why": "…"} or {"error": "…"}. A write that is allowed is made.
'use strict';

const readline = require('readline');
const targaryen = require('targaryen');

const databases = new Map();
let rules = null;

function open(ns) {
  if (!databases.has(ns)) databases.set(ns, targaryen.database(rules, null));
  return databases.get(ns);
}

// A user without an account is `null`, which targaryen's `as` would take for 'unchanged': a fresh database has none.
function as(database, auth, now) {
  return targaryen.database(rules, database.root, now).as(auth);
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
    databases.set(request.ns, targaryen.database(rules, request.tree));
    return {};
  },

  read(request) {
    return answer(as(open(request.ns), request.auth).read(`/${request.path}`));
  },

  write(request) {
    const database = as(open(request.ns), request.auth, request.now);
    const result = '' in request.changes
      ? database.write('/', request.changes[''], undefined, request.now)
      : database.update('/', request.changes, request.now);
    if (result.allowed) databases.set(request.ns, targaryen.database(rules, result.newDatabase.root));
    return answer(result);
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
