// /fleet: all boxes in a table that follows them, on a phone as cards.
{
  const { h, say, many, mark, since, boxLink, wish, banner, spark } = fleetParts;
  const STORED = "affectbox.fleet.columns";
  const NARROW = matchMedia("(max-width: 700px)");
  const ORDER = ["trouble", "silent", "clock wrong", "watching", "paused", "idle", "ended", "never seen"];
  let shown = null;

  affectbox.on("fleet", (of, data) => shown && shown.hear(data));
  affectbox.onTrouble("fleet", (of, text) => shown && shown.fail(text));

  class FleetPage {
    constructor(root) {
      this.root = root;
      this.rows = new Map();
      this.sparks = {};
      this.waiting = new Map();
      this.chosen = new Set();
      this.filter = { text: "", group: "", alert: "", states: new Set(), what: new Set(), need: false };
      this.head = new FleetHead(this, root.querySelector(".fleet-head"));
      this.orders = new FleetOrders(root.querySelector(".fleet-orders"), (device) => this.rows.get(device)?.box[0] || device);
      this.cards = new FleetCards(this, root.querySelector(".fleet-cards"));
      this.clock = setInterval(() => this.tick(), 1000);
      dash_ag_grid.getApiAsync("fleet-grid").then((api) => this.begin(api));
      affectbox.want("fleet");
    }

    begin(api) {
      this.api = api;
      api.setGridOption("columnDefs", fleetColumns(this.sparks));
      api.setGridOption("isExternalFilterPresent", () => true);
      api.setGridOption("doesExternalFilterPass", (node) => this.passes(node.data));
      try {
        api.applyColumnState({ state: JSON.parse(localStorage.getItem(STORED)), applyOrder: true });
      } catch {
        localStorage.removeItem(STORED);
      }
      for (const what of ["columnVisible", "columnMoved", "columnResized", "sortChanged", "columnPinned"]) {
        api.addEventListener(what, () => this.keep());
      }
      api.addEventListener("selectionChanged", () => {
        this.chosen = new Set(api.getSelectedRows().map((row) => row.id));
        this.head.choose();
      });
      api.setGridOption("rowData", [...this.rows.values()]);
      this.head.columns(api);
    }

    keep() {
      clearTimeout(this.keeping);
      this.keeping = setTimeout(() => localStorage.setItem(STORED, JSON.stringify(this.api.getColumnState())), 300);
    }

    hear(data) {
      if (data.whole) {
        const told = new Set((data.rows || []).map((row) => row.id));
        for (const id of this.rows.keys()) if (!told.has(id)) this.waiting.set(id, null);
      }
      for (const row of data.rows || []) this.waiting.set(row.id, { ...(this.waiting.get(row.id) || {}), ...row });
      for (const id of data.gone || []) this.waiting.set(id, null);
      if (data.sparks) {
        Object.assign(this.sparks, data.sparks);
        this.api?.refreshCells({ columns: ["temperature", "cpu", "rate", "queue"], force: true });
      }
      if (data.orders) this.orders.show(data.orders);
      if ("away" in data) {
        banner(this.root.querySelector(".fleet-away"), data.away);
        this.root.classList.toggle("old", Boolean(data.away));
      }
      // At most once a second, and in time with the screen.
      if (this.waiting.size && !this.drawing) {
        const pause = Math.max(0, 950 - (performance.now() - (this.drawn || -1e6)));
        this.drawing = setTimeout(() => requestAnimationFrame(() => this.draw()), pause);
      }
    }

    fail(text) {
      this.rows.clear();
      this.waiting.clear();
      this.api?.setGridOption("rowData", []);
      this.cards.draw();
      const place = this.root.querySelector(".fleet-away");
      say(place, text);
      place.hidden = false;
    }

    draw() {
      this.drawing = null;
      this.drawn = performance.now();
      const change = { add: [], update: [], remove: [] };
      for (const [id, news] of this.waiting) {
        const before = this.rows.get(id);
        if (news === null) {
          if (before) change.remove.push(before);
          this.rows.delete(id);
          continue;
        }
        const now = { ...before, ...news };
        this.rows.set(id, now);
        change[before ? "update" : "add"].push(now);
      }
      this.waiting.clear();
      this.api?.applyTransaction(change);
      this.root.classList.add("loaded");
      this.head.count();
      this.cards.draw(change);
    }

    tick() {
      if (document.hidden) return;
      this.api?.refreshCells({ columns: ["seen", "state"], force: true });
      this.cards.tick();
      this.orders.tick();
    }

    passes(row) {
      const { text, group, alert, states, what, need } = this.filter;
      if (states.size && !states.has(row.state[1])) return false;
      if (what.size && !row.what.some((one) => what.has(one))) return false;
      if (need && row.see[0] < 2) return false;
      if (group && row.box[2] !== group) return false;
      if (alert && !row.alerts.some((one) => one[0] === alert)) return false;
      if (!text) return true;
      const told = [...row.box, row.state[1], row.see[2], row.version[0], row.machine[0], ...row.what].join(" ").toLowerCase();
      return text.split(" ").every((word) => told.includes(word));
    }

    refilter() {
      this.api?.onFilterChanged();
      this.cards.draw();
      this.head.choose();
    }

    visible() {
      return [...this.rows.values()].filter((row) => this.passes(row));
    }

    // Whom a command is for: who is chosen, as far as they are to be seen; else nobody.
    devices() {
      return this.visible().filter((row) => this.chosen.has(row.id)).map((row) => row.id);
    }

    stop() {
      clearInterval(this.clock);
      clearTimeout(this.drawing);
      affectbox.drop("fleet");
      if (shown === this) shown = null;
    }
  }

  // Cards, where the window is too narrow for a table: the same rows, the same order.
  class FleetCards {
    constructor(page, root) {
      this.page = page;
      this.root = root;
      this.cards = new Map();
      NARROW.addEventListener("change", () => this.draw());
    }

    draw() {
      if (!NARROW.matches) return;
      const rows = this.page.visible().sort((a, b) => b.see[0] - a.see[0] || a.box[0].localeCompare(b.box[0], [], { numeric: true }));
      const wanted = rows.map((row) => this.card(row));
      if (wanted.length !== this.root.children.length || wanted.some((card, at) => card !== this.root.children[at])) {
        this.root.replaceChildren(...wanted);
      }
    }

    card(row) {
      const kept = this.cards.get(row.id);
      if (kept?.row === row) return kept.card;
      const [need, , text, todo] = row.see;
      const facts = [
        row.temperature[0] === null ? "" : `${row.temperature[0].toFixed(0)} °C`,
        row.rate[0] === null ? "" : `${row.rate[0].toFixed(1)} /s`,
        row.queue[0] ? `${row.queue[0].toLocaleString()} waiting` : "",
        row.version[0],
      ];
      const pick = h("input", { type: "checkbox", "aria-label": `Choose ${row.box[0]}`, checked: this.page.chosen.has(row.id) });
      pick.addEventListener("change", () => {
        this.page.chosen[pick.checked ? "add" : "delete"](row.id);
        this.page.head.choose();
      });
      const age = h("span", { class: "second age" });
      const card = h(
        "article",
        { class: `fleet-card need-${need}` },
        h("header", {}, pick, boxLink(row.id, row.box[0], "first"), h("span", { class: `state ${fleetParts.TONE[row.state[1]]}` }, mark(row.state[1]), row.state[1])),
        h("p", { class: "second" }, [row.box[1] === row.box[0] ? "" : row.box[1], row.box[2], row.box[3]].filter(Boolean).join(" · ")),
        text ? h("p", { class: need >= 3 ? "bad" : need === 2 ? "todo" : "" }, text) : null,
        todo ? h("p", { class: "second" }, todo) : null,
        h("footer", {}, h("span", { class: "second" }, facts.filter(Boolean).join(" · ")), spark((this.page.sparks.of || {}).temperature?.[row.id], 10), age),
      );
      this.cards.set(row.id, { row, card, age });
      say(age, row.seen[0] ? `${since(row.seen[0])} ago` : "");
      return card;
    }

    tick() {
      if (!NARROW.matches) return;
      for (const { row, age } of this.cards.values()) say(age, row.seen[0] ? `${since(row.seen[0])} ago` : "");
    }
  }

  window.fleetStates = ORDER;
  affectbox.mounted(".fleet-page", (root) => {
    shown = new FleetPage(root);
    window.fleetPage = shown; // for whoever measures
    const page = shown;
    return () => page.stop();
  });
}
