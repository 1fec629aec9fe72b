// Above the table: how many are how, which filters; what to do with who is chosen; which columns.
window.FleetHead = class {
  constructor(page, root) {
    const { h, wish } = fleetParts;
    this.page = page;
    this.states = h("div", { class: "chips", role: "group", "aria-label": "Filter by state" });
    this.what = h("div", { class: "chips", role: "group", "aria-label": "Filter by what is to be seen to" });
    this.search = h("input", { type: "search", placeholder: "Name, trouble …", "aria-label": "Search" });
    this.search.addEventListener("input", () => this.set("text", this.search.value.trim().toLowerCase()));
    this.group = h("select", { "aria-label": "Group", onchange: () => this.set("group", this.group.value) });
    this.alert = h("select", { "aria-label": "Alert", onchange: () => this.set("alert", this.alert.value) });
    this.menu = h("details", { class: "columns" }, h("summary", {}, "Columns"));
    document.addEventListener("pointerdown", (event) => {
      if (!this.menu.contains(event.target)) this.menu.open = false;
    });
    this.count_ = h("span", { class: "chosen", role: "status" });
    const order = (what, text) =>
      h("button", { class: "act", type: "button", disabled: true, onclick: () => wish("fleet-ask", { do: what, devices: page.devices() }) }, text);
    this.acts = [order("update", "Update …"), order("doctor", "Doctor run …"), order("group", "Group …")];
    this.all = h("button", { class: "quiet", type: "button", onclick: () => this.chooseAll() }, "Choose all shown");
    root.replaceChildren(
      this.states,
      this.what,
      h("div", { class: "tools" }, this.search, this.group, this.alert, h("span", { class: "space" }), this.count_, this.all, ...this.acts, this.menu),
    );
    this.chips = new Map();
  }

  set(name, value) {
    this.page.filter[name] = value;
    this.page.refilter();
  }

  chooseAll() {
    const { page } = this;
    const rows = page.visible();
    const all = rows.length > 0 && rows.every((row) => page.chosen.has(row.id));
    page.chosen = new Set(all ? [] : rows.map((row) => row.id));
    page.api?.forEachNode((node) => node.setSelected(page.chosen.has(node.data.id), false, "api"));
    page.cards.cards.clear();
    page.cards.draw();
    this.choose();
  }

  choose() {
    const count = this.page.devices().length;
    fleetParts.say(this.count_, count ? `${count} chosen` : "");
    for (const act of this.acts) act.disabled = !count;
    const rows = this.page.visible();
    const all = rows.length > 0 && rows.every((row) => this.page.chosen.has(row.id));
    fleetParts.say(this.all, all ? "Choose none" : `Choose all ${rows.length}`);
  }

  count() {
    const rows = [...this.page.rows.values()];
    const states = new Map();
    const what = new Map();
    const groups = new Set();
    const alerts = new Set();
    for (const row of rows) {
      states.set(row.state[1], (states.get(row.state[1]) || 0) + 1);
      for (const one of row.what) if (one !== "silent") what.set(one, (what.get(one) || 0) + 1);
      if (row.box[2]) groups.add(row.box[2]);
      for (const one of row.alerts) alerts.add(one[0]);
    }
    const { filter } = this.page;
    const need = rows.filter((row) => row.see[0] >= 2).length;
    this.fill(this.states, [
      ["all", `${rows.length}`, rows.length === 1 ? "box" : "boxes", () => !filter.states.size && !filter.need && !filter.what.size, () => this.clear()],
      ["need", `${need}`, need === 1 ? "needs somebody" : "need somebody", () => filter.need, () => (filter.need = !filter.need)],
      ...fleetStates.filter((state) => states.has(state) || filter.states.has(state)).map((state) => ["state", `${states.get(state) || 0}`, state, () => filter.states.has(state), () => this.toggle(filter.states, state)]),
    ]);
    const named = [...new Set([...what.keys(), ...filter.what])].sort((a, b) => (what.get(b) || 0) - (what.get(a) || 0) || a.localeCompare(b));
    this.fill(this.what, named.map((one) => ["what", `${what.get(one) || 0}`, one, () => filter.what.has(one), () => this.toggle(filter.what, one)]));
    this.options(this.group, "All groups", [...groups].sort(), filter.group);
    this.options(this.alert, "All alerts", [...alerts].sort(), filter.alert);
    this.choose();
  }

  clear() {
    this.page.filter.states.clear();
    this.page.filter.what.clear();
    this.page.filter.need = false;
  }

  toggle(set, one) {
    set[set.has(one) ? "delete" : "add"](one);
  }

  // Chips are kept, so that the keyboard's focus stays where it is.
  fill(place, chips) {
    const { h, say, mark } = fleetParts;
    const wanted = chips.map(([kind, count, text, pressed, press]) => {
      const key = `${kind} ${kind === "state" || kind === "what" ? text : ""}`;
      let chip = this.chips.get(key);
      if (!chip) {
        const number = h("b");
        const word = h("span");
        const button = h("button", { type: "button", class: `chip ${kind}` }, kind === "state" ? mark(text) : null, number, word);
        chip = { button, number, word };
        button.addEventListener("click", () => {
          chip.press();
          this.count();
          this.page.refilter();
        });
        this.chips.set(key, chip);
      }
      chip.press = press;
      say(chip.number, count);
      say(chip.word, text);
      chip.button.setAttribute("aria-pressed", String(pressed()));
      return chip.button;
    });
    if (wanted.length !== place.children.length || wanted.some((button, at) => button !== place.children[at])) place.replaceChildren(...wanted);
    place.hidden = !wanted.length;
  }

  options(select, all, names, chosen) {
    const key = names.join("\n");
    if (select.dataset.names === key && select.options.length) return;
    select.dataset.names = key;
    select.replaceChildren(...["", ...names].map((name) => fleetParts.h("option", { value: name, selected: name === chosen }, name || all)));
    select.hidden = !names.length;
  }

  columns(api) {
    const { h } = fleetParts;
    const list = h("div", { class: "menu" });
    for (const column of api.getColumns()) {
      const def = column.getColDef();
      if (!def.headerName || def.lockVisible) continue;
      const box = h("input", { type: "checkbox", checked: column.isVisible() });
      box.addEventListener("change", () => api.setColumnsVisible([column.getColId()], box.checked));
      list.append(h("label", {}, box, def.headerName));
    }
    const reset = h("button", { class: "quiet", type: "button" }, "As at first");
    reset.addEventListener("click", () => {
      api.resetColumnState();
      this.columns(api);
    });
    list.append(reset);
    this.menu.querySelector(".menu")?.remove();
    this.menu.append(list);
  }
};
