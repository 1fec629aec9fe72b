// Commands to boxes, from the first that was sent to the last answer.
window.FleetOrders = class {
  constructor(root, name) {
    this.root = root;
    this.name = name;
    this.open = new Map();
    this.ages = [];
  }

  show(orders) {
    this.ages = [];
    const focus = document.activeElement?.dataset.key;
    this.root.replaceChildren(...orders.map((order) => this.card(order)));
    this.root.hidden = !orders.length;
    if (focus) this.root.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  tick() {
    for (const [place, from] of this.ages) fleetParts.say(place, fleetParts.since(from));
  }

  card(order) {
    const { h, many, clock, wish } = fleetParts;
    const { counts, text } = this.summary(order);
    const steer = (what, label) =>
      h("button", { class: "quiet", type: "button", "data-key": `${order.id} ${what}`, onclick: () => wish("fleet-steer", { order: order.id, what }) }, label);
    const waits = (counts.waiting || 0) > 0;
    const name = order.do === "update" ? "Update" : "Doctor run";
    const plan = order.staged && order.steps.length > 1 ? `${this.name(order.steps[0][0])} first, then ${order.at_once} at once` : `${order.at_once} at once`;
    const isOpen = this.open.get(order.id) ?? !order.over;
    const details = h("details", { open: isOpen, ontoggle: () => this.open.set(order.id, details.open) }, h("summary", { "data-key": `${order.id} open` }, text), this.table(order));
    return h(
      "section",
      { class: "order", "aria-label": `${name} of ${many(order.steps.length, "box", "boxes")}` },
      h(
        "header",
        {},
        h("b", {}, `${name} of ${order.steps.length === 1 ? this.name(order.steps[0][0]) : many(order.steps.length, "box", "boxes")}`),
        h("span", { class: "second" }, `by ${order.name} at ${clock(order.at)}${order.steps.length > 1 ? ` · ${plan}` : ""}`),
        h("span", { class: "space" }),
        !order.driven && waits && !order.stopped ? steer("go on", "Go on") : null,
        waits && !order.stopped ? steer("stop", "Begin no more") : null,
        order.over ? steer("forget", "Put away") : null,
      ),
      this.bar(counts, order.steps.length),
      order.stopped ? h("p", { class: "todo" }, order.stopped) : null,
      !order.driven && waits && !order.stopped ? h("p", { class: "todo" }, "Whoever drove it has signed out, or the dashboard was started anew: nothing more is sent until somebody goes on.") : null,
      details,
    );
  }

  summary(order) {
    const counts = {};
    for (const [, at] of order.steps) counts[at] = (counts[at] || 0) + 1;
    const word = { done: order.do === "update" ? "proven" : "examined" };
    const known = ["done", "proving", "installing", "heard", "sent", "waiting", "refused", "rolled back", "no answer", "no end", "not sent", "not begun"];
    return { counts, text: known.filter((at) => counts[at]).map((at) => `${counts[at]} ${word[at] || at}`).join(", ") };
  }

  bar(counts, whole) {
    const { h } = fleetParts;
    const tones = { done: "good", proving: "way", installing: "way", heard: "way", sent: "way", refused: "todo", "no answer": "todo", "no end": "todo", "not sent": "todo", "rolled back": "bad" };
    const parts = Object.entries(tones).filter(([at]) => counts[at]).map(([at, tone]) => {
      const part = h("i", { class: tone });
      part.style.width = `${(100 * counts[at]) / whole}%`;
      return part;
    });
    return h("div", { class: "progress", "aria-hidden": "true" }, ...parts);
  }

  table(order) {
    const { h, boxLink, since } = fleetParts;
    const tones = { done: "good", refused: "todo", "no answer": "todo", "not sent": "todo", "no end": "todo", "rolled back": "bad" };
    const label = { done: order.do === "update" ? "proven" : "examined" };
    const rank = (at) => ["rolled back", "not sent", "refused", "no end", "no answer", "proving", "installing", "heard", "sent", "waiting"].indexOf(at);
    const steps = [...order.steps].sort((a, b) => (rank(a[1]) + 99) % 99 - ((rank(b[1]) + 99) % 99));
    const rows = steps.map(([device, at, text, from]) => {
      const age = h("td", { class: "second" });
      if (from && !["done", "not begun"].includes(at)) this.ages.push([age, from]);
      fleetParts.say(age, from ? since(from) : "");
      return h("tr", {}, h("td", {}, boxLink(device, this.name(device))), h("td", { class: tones[at] || "" }, label[at] || at), age, h("td", {}, text));
    });
    return h("div", { class: "scroll", tabindex: "0" }, h("table", {}, h("thead", {}, h("tr", {}, ...["Box", "State", "For", "It says"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows)));
  }
};
