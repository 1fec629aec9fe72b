"use strict";
// Shows what the box says of itself (/events, a snapshot each time something changes) and sends what people press.

const words = JSON.parse(document.getElementById("strings").textContent);
const language = document.documentElement.lang;
const byId = (id) => document.getElementById(id);

function say(key, places = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => places[name]);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text; // else a screen reader would say it again
}

function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

function icon(svg, name, turned = "") {
  const use = svg.querySelector("use");
  if (use.getAttribute("href") !== `#i-${name}`) use.setAttribute("href", `#i-${name}`);
  if (svg.getAttribute("class") !== turned) svg.setAttribute("class", turned);
}

function draw(parent, name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

function put(parent, name, text = "", attributes = {}) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

const clock = (seconds) => {
  const all = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(all / 60) % 60, all % 60].map((part) => String(part).padStart(2, "0"));
  return (all >= 3600 ? [Math.floor(all / 3600), ...parts] : parts).join(":");
};
const when = (wall, style = { dateStyle: "medium", timeStyle: "short" }) =>
  new Intl.DateTimeFormat(language, style).format(new Date(wall * 1000));
const amount = (bytes) => {
  const giga = bytes >= 1e9;
  const form = { style: "unit", unit: giga ? "gigabyte" : "megabyte", maximumFractionDigits: giga ? 1 : 0 };
  return new Intl.NumberFormat(language, form).format(bytes / (giga ? 1e9 : 1e6));
};

// ---- the drawn view -------------------------------------------------------------------------------------------------

const CLOSED = /oval|eye|lip|mouth|iris/;
const GHOST = Array.from({ length: 36 }, (_, i) => [0.5 + 0.115 * Math.cos(i * Math.PI / 18), 0.46 + 0.215 * Math.sin(i * Math.PI / 18)]);

/** A smooth line through points (Catmull-Rom as cubic Béziers). */
function smooth(points, closed) {
  const at = (i) => points[closed ? (i + points.length) % points.length : Math.min(Math.max(i, 0), points.length - 1)];
  const text = (...numbers) => numbers.map((number) => number.toFixed(1)).join(" ");
  let path = `M${text(...at(0))}`;
  for (let i = 0; i < points.length - (closed ? 0 : 1); i += 1) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    path += `C${text(b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6, c[0] - (d[0] - b[0]) / 6, c[1] - (d[1] - b[1]) / 6, ...c)}`;
  }
  return closed ? `${path}Z` : path;
}

function drawView(view, tone, camera) {
  const drawing = byId("drawing");
  const [width, height] = view ? [640, Math.round(640 * view.height / view.width)] : [640, 480];
  const place = ([x, y]) => [(1 - x) * width, y * height]; // as in a mirror
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.dataset.tone = tone;
  const [seat, others, face] = ["seat", "others", "face"].map((name) => byId(`layer-${name}`));
  for (const layer of [seat, others, face]) layer.replaceChildren();
  if (!view) {
    draw(face, "path", { d: smooth(GHOST.map(place), true), class: "face ghost" });
    draw(face, "text", { x: width / 2, y: height * 0.86, class: "pane-text" }, say(camera ? "view.opening" : "view.none"));
    write(byId("drawing-title"), say(camera ? "view.opening" : "view.none"));
    return;
  }
  if (view.zone) {
    const [x, y, w, h] = view.zone;
    const box = { x: (1 - x - w) * width, y: y * height, width: w * width, height: h * height, rx: 18 };
    draw(seat, "rect", { ...box, class: "seat" });
    draw(seat, "text", { x: box.x + 14, y: box.y + 28, class: "seat-name" }, say("view.seat"));
  }
  for (const [x, y, w, h] of view.others) {
    const [cx, cy] = place([x + w / 2, y + h / 2]);
    draw(others, "ellipse", { cx, cy, rx: w * width / 2, ry: h * height * 0.58, class: "other" });
  }
  const lines = Object.entries(view.outline);
  if (!lines.length) draw(face, "path", { d: smooth(GHOST.map(place), true), class: "face ghost" });
  for (const [name, points] of lines) {
    draw(face, "path", { d: smooth(points.map(place), CLOSED.test(name)), class: name === "oval" ? "face oval" : "face" });
  }
  write(byId("drawing-title"), described(view, lines));
}

function described(view, lines) {
  const oval = (view.outline.oval ?? lines[0]?.[1] ?? []);
  const mean = (axis) => Math.round(10 * oval.reduce((sum, point) => sum + point[axis], 0) / oval.length) * 10;
  const face = oval.length ? say("view.describe", { x: 100 - mean(0), y: mean(1) }) : say("view.describe_none");
  return view.others.length ? `${face} ${say("view.describe_others", { count: view.others.length })}` : face;
}

function meter(name, measured) {
  const place = byId(`meter-${name}`);
  const [fine, mark] = [".fine", ".mark"].map((part) => place.querySelector(part));
  const low = measured?.fine[0] ?? 0;
  fine.setAttribute("x", low * 100);
  fine.setAttribute("width", ((measured?.fine[1] ?? 0) - low) * 100);
  mark.setAttribute("x", Math.min(97.6, (measured?.at ?? 0) * 100));
  mark.setAttribute("visibility", measured ? "visible" : "hidden");
  place.dataset.tone = !measured ? "off" : measured.says === "fine" ? "good" : "attention";
  const says = measured?.says ?? "unknown";
  write(place.querySelector("dd span"), words[`view.${name}_${says}`] ?? say(`view.${says}`));
}

// ---- state ----------------------------------------------------------------------------------------------------------

const ICONS = {
  trouble: ["attention"], updating: ["attention"], good: ["good"], watching: ["good"], no_face: ["person"], outside: ["person"], others: ["person"], come_closer: ["closer"],
  go_back: ["arrow"], move_left: ["arrow", "turn-left"], move_right: ["arrow", "turn-right"], move_up: ["arrow"],
  move_down: ["arrow", "turn-down"], more_light: ["lamp"], less_light: ["lamp"], lamp_left: ["arrow", "turn-left"],
  lamp_right: ["arrow", "turn-right"], light_from_behind: ["lamp"], turn_to_camera: ["person"], focus: ["lens"], paused: ["pause"],
};
const BUTTONS = {
  idle: ["begin", "frame"], framing: ["begin", "frame_off"], starting: ["end", "revoke"], watching: ["pause", "end", "revoke"],
  paused: ["resume", "end", "revoke"],
};
/** In which there is nothing to press, and what is going on is told instead. */
const ALONE = ["stopping", "checking", "revoking", "updating"];
let now = null;

function showLamp(lamp, paused) {
  document.title = `${say(`lamp.${lamp}`)} · ${say("page.title")}`;
  const place = byId("lamp");
  place.dataset.lamp = lamp;
  icon(place.querySelector("svg"), lamp === "off" && paused ? "pause" : lamp);
  write(place.querySelector("span"), say(`lamp.${lamp}`));
}

function showAdvice({ code, tone }) {
  const place = byId("advice");
  place.dataset.tone = tone;
  icon(place.querySelector("svg"), ...(ICONS[code] ?? ["off"]));
  write(place.querySelector("p"), say(`advice.${code}`));
}

function showBanner(id, text) {
  show(byId(id), Boolean(text));
  if (text) write(byId(id).querySelector("span"), text);
}

/** What the box says about itself, in this language where it has a word for it. */
const told = (notice) => notice && (words[`notice.${notice.code}`] ? say(`notice.${notice.code}`, notice) : notice.text);

function showSession(box) {
  const session = box.session;
  show(byId("now"), Boolean(session) || ALONE.includes(box.state));
  const [person, time, left] = [".person", ".time", ".left"].map((part) => byId("now").querySelector(part));
  const doing = say(`state.${box.state}`);
  write(person, session ? session.patient || say("session.unnamed") : doing);
  write(time, session ? `${doing} · ${say("session.elapsed", { time: clock(session.seconds) })}` : "");
  write(left, session && session.left !== null ? say("session.left", { time: clock(session.left) }) : "");
  for (const button of document.querySelectorAll("[data-do]")) {
    show(button, (BUTTONS[box.state] ?? []).includes(button.dataset.do));
  }
  show(byId("who"), ["idle", "framing"].includes(box.state));
}

function render(box) {
  const first = now === null;
  if (now?.life === box.life && box.number < now.number) return; // overtaken by a newer one
  now = box;
  document.documentElement.dataset.state = box.state;
  write(byId("box"), box.box);
  showLamp(box.camera ? "on" : "off", box.state === "paused");
  show(byId("unattended"), box.unattended);
  showBanner("trouble", told(box.trouble));
  showBanner("notice", box.trouble ? "" : told(box.notice));
  showAdvice(box.advice);
  drawView(box.view, box.advice.tone, box.camera);
  for (const name of ["light", "sharpness", "distance"]) meter(name, box.view?.meters[name]);
  showSession(box);
  showPeople(box, first);
  showCards(box);
}

// ---- whose session, and their consent -------------------------------------------------------------------------------

let editing = false;
const typed = () => byId("patient").value.trim();
const consentOf = (patient) => now?.people.find((one) => one.patient === patient);

function showPeople(box, first) {
  if (first) byId("patient").value = box.prepared;
  const names = box.people.map((one) => one.patient).join();
  if (byId("people").dataset.names !== names) {
    byId("people").dataset.names = names;
    byId("people").replaceChildren();
    for (const one of box.people) put(byId("people"), "option", "", { value: one.patient });
  }
  showConsent();
}

function showConsent() {
  const patient = typed();
  const known = consentOf(patient);
  const valid = Boolean(known?.valid);
  show(byId("consent-is"), Boolean(known) && !editing);
  show(byId("consent-new"), Boolean(patient) && (!valid || editing));
  if (known) {
    const covers = new Intl.ListFormat(language).format(known.covers.map((name) => say(`covers.${name}`)));
    const until = known.until ? say("session.until_date", { date: when(known.until, { dateStyle: "medium" }) }) : say("session.until_none");
    const state = known.revoked ? say("session.was_withdrawn") : valid ? "" : say("session.is_over");
    const text = say("session.consent_of", { patient, covers, by: say(`session.${known.by}`), until });
    const compared = known.covers.includes("atypicality");
    const age = !compared ? "" : known.age ? say("session.of_age", { age: say(`ages.${known.age}`) }) : say("session.not_compared");
    write(byId("consent-text"), [text, age, state].filter(Boolean).join(" "));
    byId("consent-is").dataset.tone = valid ? "good" : "attention";
  }
  write(byId("consent-legend"), patient && !known ? say("session.no_consent", { patient }) : say("session.consent"));
  show(byId("consent-change"), valid);
  document.querySelector("[data-do=begin]").disabled = !valid || editing;
  const ready = Boolean(now?.button) && valid && !editing;
  show(byId("prepare"), ready && now.prepared !== patient);
  show(byId("prepared"), ready && now.prepared === patient);
  write(byId("prepare"), say("session.prepare", { patient }));
  write(byId("prepared"), say("session.prepared", { patient }));
}

function startForm() {
  for (const name of words["list.covers"].split(" ")) {
    const label = put(byId("covers"), "label");
    put(label, "input", "", { type: "checkbox", name: "covers", value: name });
    label.append(say(`covers.${name}`));
  }
  for (const name of words["list.ages"].split(" ")) put(byId("age"), "option", say(`ages.${name}`), { value: name });
  const compared = () => document.querySelector("[name=covers][value=atypicality]").checked;
  byId("covers").addEventListener("change", () => show(byId("of-age"), compared()));
  byId("patient").addEventListener("input", () => { editing = false; showConsent(); });
  byId("consent-change").addEventListener("click", () => { editing = true; showConsent(); byId("until").focus(); });
  byId("prepare").addEventListener("click", () => act({ do: "prepare", patient: typed() }));
  byId("who").addEventListener("submit", (event) => event.preventDefault()); // Enter agrees to nothing
  byId("record").addEventListener("click", async () => {
    const covers = [...document.querySelectorAll("[name=covers]:checked")].map((one) => one.value);
    const by = document.querySelector("[name=by]:checked")?.value ?? "";
    if (!(await act({ do: "consent", patient: typed(), covers, by, until: byId("until").value, age: compared() ? byId("age").value : "" }))) return;
    editing = false;
    byId("who").querySelectorAll(":checked").forEach((one) => { one.checked = false; }); // the next one is asked anew
    byId("until").value = byId("age").value = "";
    show(byId("of-age"), false);
    showConsent();
  });
}

// ---- cards ----------------------------------------------------------------------------------------------------------

function card(name, tone, ...lines) {
  const place = byId(`card-${name}`);
  if (place.dataset.tone !== tone) place.dataset.tone = tone;
  icon(place.querySelector("h2 svg"), tone);
  const wanted = lines.filter(Boolean);
  const have = [...place.querySelectorAll(":scope > p")];
  have.slice(wanted.length).forEach((line) => line.remove());
  wanted.forEach((text, i) => {
    if (have[i]) write(have[i], text);
    else (i ? place.querySelectorAll(":scope > p")[i - 1] : place.querySelector("h2")).after(put(place, "p", text));
  });
}

function showCards(box) {
  const { camera, network, time, storage, cloud, update } = box.cards;
  card("camera", camera.tone, told(camera.trouble) || say(`camera.${camera.says}`, camera), camera.slow && say("camera.slow"),
    camera.celsius !== null && say("camera.heat", { celsius: Math.round(camera.celsius) }));
  card("network", network.tone, say(`network.${network.says}`), ...network.addresses.map((address) => say("network.address", { address })),
    !network.addresses.length && say("network.here"));
  card("clock", time.tone, when(time.wall), say(`clock.${time.says}`));
  card("storage", storage.tone, say(`storage.${storage.says}`, { free: amount(storage.free) }),
    storage.waiting === null ? "" : storage.waiting ? say("storage.waiting", { count: new Intl.NumberFormat(language).format(storage.waiting) }) : say("storage.waiting_none"));
  card("cloud", cloud.tone, say(`cloud.${cloud.says}`, cloud), cloud.sent && say("cloud.sent", { time: when(cloud.sent) }), cloud.text);
  card("update", update.tone, say("update.running", update), say(`update.${update.says}`, update));
  byId("card-update").append(byId("install"));
  show(byId("install"), update.says === "available");
  byId("install").disabled = box.state !== "idle";
  showPast(box.past);
}

function showPast(past) {
  const key = JSON.stringify(past);
  show(byId("no-sessions"), !past.length);
  show(byId("past"), Boolean(past.length));
  if (byId("past").dataset.key === key) return;
  byId("past").dataset.key = key;
  const body = byId("past").tBodies[0];
  body.replaceChildren();
  for (const one of past) {
    const row = put(body, "tr");
    put(row, "td", when(one.began));
    put(row, "td", one.seconds ? clock(one.seconds) : "–");
    put(row, "td", words[`why.${one.why}`] ?? one.why);
  }
}

// ---- what people press ----------------------------------------------------------------------------------------------

async function post(path, body) {
  const limit = AbortSignal.timeout(20000);
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: limit });
  return { status: answer.status, ...(await answer.json().catch(() => ({}))) };
}

/** Ask the box for something; whether it did it. What it refuses stands beside the buttons. */
async function act(asked) {
  show(byId("refusal"), false);
  const buttons = [...document.querySelectorAll("[data-do], #record, #prepare, #install")];
  const usable = buttons.filter((button) => !button.disabled);
  usable.forEach((button) => { button.disabled = true; });
  let answer;
  try {
    answer = await post("/do", asked);
  } catch {
    answer = { status: 0, error: say("page.unsent") };
  }
  usable.forEach((button) => { button.disabled = false; });
  if (answer.status === 401) location.reload();
  if (answer.shown) render(answer.shown);
  if (answer.status === 200) return true;
  byId("refusal").textContent = words[`refused.${answer.code}`] ?? answer.error ?? say("page.unsent");
  show(byId("refusal"), true);
  return false;
}

/** Ask a person once more; whether they mean it. */
function confirmed(prefix, places) {
  const dialog = byId("confirm");
  write(byId("confirm-heading"), say(`confirm.${prefix}heading`, places));
  write(byId("confirm-text"), say(`confirm.${prefix}text`, places));
  write(byId("confirm-yes"), say(`confirm.${prefix}yes`, places));
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => { if (!dialog.open) resolve(dialog.returnValue === "yes"); }; // else it is of the time before
  });
}

async function pressed(name) {
  const patient = now?.session?.patient ?? "";
  const named = patient.replaceAll("-", "\u2011"); // which is not torn apart at the end of a line
  if (name === "begin") return act({ do: "begin", patient: typed() });
  if (name === "frame_off") return act({ do: "end" });
  if (name === "revoke" && !(await confirmed("", { patient: named }))) return false;
  if (name === "end" && !(await confirmed("end_", { patient: named }))) return false;
  return act(name === "revoke" ? { do: name, patient } : { do: name });
}

function startButtons() {
  for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => pressed(button.dataset.do));
  byId("install").addEventListener("click", async () => {
    const version = now.cards.update.available;
    if (await confirmed("install_", { version })) act({ do: "install", version });
  });
  byId("sign-out").addEventListener("click", async () => { await post("/sign-out", {}); location.reload(); });
}

// ---- the connection -------------------------------------------------------------------------------------------------

const SILENT_MS = 9000;
let events = null;
let lastMs = 0;

function unknown() {
  show(byId("silent"), true);
  showLamp("unknown", false);
}

function connect() {
  events?.close();
  events = null;
  if (document.hidden) return; // a page that nobody sees takes nothing of the box, nor of the browser's few connections
  events = new EventSource("/events");
  const heard = () => { lastMs = Date.now(); show(byId("silent"), false); show(byId("full"), false); };
  events.addEventListener("message", (event) => { heard(); render(JSON.parse(event.data)); });
  events.addEventListener("beat", () => { heard(); if (now) showLamp(now.camera ? "on" : "off", now.state === "paused"); });
  events.addEventListener("full", () => { show(byId("full"), true); unknown(); });
  events.addEventListener("leave", () => location.reload());
}

function startConnection() {
  show(byId("sign-out"), !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname));
  lastMs = Date.now();
  connect();
  document.addEventListener("visibilitychange", () => {
    lastMs = Date.now();
    if (!document.hidden) showLamp("unknown", false); // until the box says it
    connect();
  });
  setInterval(() => {
    if (document.hidden || Date.now() - lastMs < SILENT_MS) return;
    unknown();
    if (!events || events.readyState === EventSource.CLOSED) connect();
  }, 2000);
}

function startSignIn(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await post("/sign-in", { phrase: byId("phrase").value }).catch(() => ({ status: 0 }));
    if (answer.status === 200) location.reload();
    byId("refusal").textContent = answer.status ? say(`signin.${answer.code}`, answer) : say("page.unsent");
    show(byId("refusal"), answer.status !== 200);
    byId("phrase").select();
  });
}

if (byId("sign-in")) startSignIn(byId("sign-in"));
else { startForm(); startButtons(); startConnection(); }
