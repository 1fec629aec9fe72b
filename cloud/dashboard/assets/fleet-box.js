// /fleet/DEVICE: one box, everything of it in words, and its last day.
{
  const CHARTS = [
    ["temperature", "Temperature", "°C"],
    ["cpu", "Processor", "% of one core"],
    ["memory", "Memory", "%"],
    ["rate", "Frames a second", ""],
    ["ms", "A frame costs", "ms"],
    ["queue", "Documents waiting", ""],
    ["lag", "Nothing gone out for", "s"],
    ["disk", "Disk free", "MB"],
  ];
  const DAY_S = 86400;
  let shown = null;
  affectbox.on("box", (of, data) => shown && shown.device === of && shown.hear(data));
  affectbox.onTrouble("box", (of, text) => shown && shown.device === of && shown.fail(text));

  class BoxPage {
    constructor(root) {
      const { h } = fleetParts;
      this.root = root;
      this.head = root.querySelector(".box-head");
      this.body = root.querySelector(".box-body");
      this.device = this.head.dataset.device;
      this.news = {};
      this.plots = [];
      this.orders = new FleetOrders(h("div", { class: "fleet-orders" }), (device) => (device === this.device ? this.news.row?.box[0] || device : device));
      const panel = (name, title) => {
        this[name] = h("div");
        return h("section", { class: `panel of-${name}` }, h("h2", {}, title), this[name]);
      };
      this.findings = h("div", { class: "findings" });
      this.body.replaceChildren(
        this.findings,
        this.orders.root,
        panel("charts", "The last 24 hours"),
        h("div", { class: "box-sections" }, (this.sections = h("div", { class: "all-facts" }))),
        h("div", { class: "box-pair" }, panel("checkup", "Last doctor run"), h("div", {}, panel("command", "Last command from afar"), panel("alerts", "Alerts"))),
      );
      this.clock = setInterval(() => this.drawHead(), 1000);
      this.resize = new ResizeObserver(() => this.plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: 118 })));
      this.resize.observe(this.charts);
      affectbox.want("box", this.device);
    }

    hear(data) {
      Object.assign(this.news, data);
      if ("away" in data) {
        fleetParts.banner(this.root.querySelector(".fleet-away"), data.away);
        this.root.classList.toggle("old", Boolean(data.away));
      }
      if ("row" in data) this.drawHead();
      if ("findings" in data) this.drawFindings(data.findings);
      if ("sections" in data) this.drawSections(data.sections);
      if ("day" in data) this.drawDay(data.day);
      if ("checkup" in data) this.drawCheckup(data.checkup);
      if ("command" in data) this.drawCommand(data.command);
      if ("alerts" in data || "silences" in data) this.drawAlerts();
      if (data.orders) this.orders.show(data.orders);
      this.root.classList.add("loaded");
    }

    fail(text) {
      this.body.replaceChildren();
      const place = this.root.querySelector(".fleet-away");
      fleetParts.say(place, text);
      place.hidden = false;
    }

    drawHead() {
      const { h, mark, since, wish, link, TONE, say } = fleetParts;
      const { row } = this.news;
      const key = row ? row.box.join("\n") + row.state[1] : "";
      if (this.drawnHead !== key) {
        this.drawnHead = key;
        const act = (what, text) => h("button", { class: "act", type: "button", onclick: () => wish("fleet-ask", { do: what, devices: [this.device] }) }, text);
        this.age = h("span", { class: "second" });
        const state = row ? row.state[1] : "never seen";
        const name = row ? row.box[0] : this.device;
        this.head.replaceChildren(
          h("div", { class: "box-title" }, link("/fleet", "Fleet", "second"), h("h1", {}, name), h("span", { class: "second" }, [row && row.box[0] !== this.device ? this.device : "", row?.box[2], row?.box[3]].filter(Boolean).join(" · "))),
          h("div", { class: "box-state" }, h("span", { class: `state big ${TONE[state] || ""}` }, mark(state), state), this.age),
          h("div", { class: "acts" }, act("update", "Update …"), act("doctor", "Doctor run …"), act("silence", "Silence …")),
        );
      }
      const from = row?.state[2];
      say(this.age, [from ? `for ${since(from)}` : "", row?.seen[0] ? `last word ${since(row.seen[0])} ago` : row ? "it never said a word" : ""].filter(Boolean).join(", "));
      this.orders.tick();
    }

    drawFindings(findings) {
      const { h } = fleetParts;
      if (!findings.length) {
        this.findings.replaceChildren(h("p", { class: "fine" }, "Nothing is to be seen to."));
        return;
      }
      this.findings.replaceChildren(...findings.map((one) => h("article", { class: `finding ${one.level}` }, h("b", {}, one.what), h("span", {}, one.text), h("span", { class: "second" }, one.do))));
    }

    drawSections(sections) {
      const { h } = fleetParts;
      this.sections.replaceChildren(
        ...sections.map(([title, lines]) =>
          h("section", { class: "panel" }, h("h2", {}, title), h("dl", {}, ...lines.flatMap(([label, text, tone]) => [h("dt", {}, label), h("dd", { class: tone }, text)]))),
        ),
      );
    }

    drawCheckup(checkup) {
      const { h, moment, many } = fleetParts;
      if (!checkup) {
        this.checkup.replaceChildren(h("p", { class: "second" }, "None yet: ask for one above."));
        return;
      }
      const odd = checkup.findings.filter((one) => one.state !== "ok");
      const fine = checkup.findings.filter((one) => one.state === "ok");
      const told = odd.length ? `${many(odd.length, "finding needs", "findings need")} attention` : `all ${checkup.findings.length} findings are well`;
      this.checkup.replaceChildren(
        h("p", { class: "second" }, checkup.seen ? `${moment(checkup.seen)}: ${told}` : told),
        ...odd.map((one) => h("article", { class: `finding ${one.state === "fail" ? "trouble" : "warning"}` }, h("b", {}, one.name), h("span", {}, one.text), one.remedy ? h("span", { class: "second" }, one.remedy) : null)),
        fine.length ? h("details", {}, h("summary", {}, `${fine.length} well`), h("dl", {}, ...fine.flatMap((one) => [h("dt", {}, one.name), h("dd", {}, one.text)]))) : "",
      );
    }

    drawCommand(command) {
      const { h } = fleetParts;
      if (!command) {
        this.command.replaceChildren(h("p", { class: "second" }, "It has heard none since it was started."));
        return;
      }
      this.command.replaceChildren(h("p", { class: command.done === false ? "todo" : "" }, command.done === false ? "Refused" : command.done ? "Done" : "Heard"), h("p", {}, command.answer || "It has not answered yet."));
    }

    drawAlerts() {
      const { h, since, moment, wish } = fleetParts;
      const { alerts = [], silences = [] } = this.news;
      this.alerts.replaceChildren(
        ...(alerts.length ? alerts.map(([rule, state, from, text, todo]) => h("article", { class: `finding ${state === "Alerting" ? "trouble" : "note"}` }, h("b", {}, `${rule}: ${state}, for ${since(from)}`), h("span", {}, text), h("span", { class: "second" }, todo))) : [h("p", { class: "second" }, "None stands.")]),
        ...silences.map(([number, rule, until, by, why]) =>
          h("p", { class: "silence" }, h("span", {}, `${rule ? `'${rule}' is` : "All are"} silenced until ${moment(until)} by ${by}${why ? `: ${why}` : ""}`), h("button", { class: "quiet", type: "button", onclick: () => wish("fleet-ask", { do: "unsilence", devices: [this.device], number }) }, "End it")),
        ),
      );
    }

    drawDay(day) {
      const { h } = fleetParts;
      const held = CHARTS.filter(([field]) => (day[field] || []).length > 1);
      this.plots.forEach((plot) => plot.destroy());
      this.plots = [];
      if (!held.length) {
        this.charts.replaceChildren(h("p", { class: "second" }, "Nothing is kept of it yet: a watch keeps a day of every box (see docs/dashboard.md)."));
        return;
      }
      this.charts.className = "plots";
      this.charts.replaceChildren(...held.map(([field, name, unit]) => h("figure", { "data-field": field }, h("figcaption", {}, h("b", {}, name), h("span", { class: "second" }, unit), h("output", { class: "second" })))));
      for (const figure of this.charts.children) this.plots.push(this.plot(figure, day[figure.dataset.field]));
    }

    // Five minutes a point: the mean as a line, least and most as a band; where nothing was measured, nothing is drawn.
    plot(figure, points) {
      const css = getComputedStyle(document.documentElement);
      const [line, ink, grid] = ["--good", "--quiet", "--line"].map((name) => css.getPropertyValue(name).trim());
      const now = affectbox.now() / 1000;
      const data = [[], [], [], []];
      for (const [at, low, mean, high] of points) {
        if (data[0].length && at - data[0][data[0].length - 1] > 450) [data[0][data[0].length - 1] + 300, null, null, null].forEach((value, index) => data[index].push(value));
        [at + 150, mean, low, high].forEach((value, index) => data[index].push(value));
      }
      const say = figure.querySelector("output");
      const size = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
      const plain = (value) => (value == null ? "" : value.toLocaleString([], { maximumSignificantDigits: 3 }));
      return new uPlot(
        {
          width: figure.clientWidth,
          height: 118,
          legend: { show: false },
          cursor: { y: false, sync: { key: "box" }, points: { show: false } },
          scales: { x: { range: () => [now - DAY_S, now] }, y: { range: (_, low, high) => uPlot.rangeNum(low, high, 0.12, true) } },
          axes: [
            { ...size, size: 24, space: 60, values: (_, splits) => splits.map((at) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })) },
            { ...size, size: 46, space: 26 },
          ],
          series: [{}, { stroke: line, width: 1.5, points: { show: false } }, { stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } }],
          bands: [{ series: [3, 2], fill: `${line}2e` }],
          hooks: {
            setCursor: [
              (plot) => {
                const at = plot.cursor.idx;
                fleetParts.say(say, at == null || data[1][at] == null ? "" : `${new Date(data[0][at] * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })}  ${plain(data[1][at])} (${plain(data[2][at])} to ${plain(data[3][at])})`);
              },
            ],
          },
        },
        data,
        figure,
      );
    }

    stop() {
      clearInterval(this.clock);
      this.resize.disconnect();
      this.plots.forEach((plot) => plot.destroy());
      affectbox.drop("box", this.device);
      if (shown === this) shown = null;
    }
  }

  affectbox.mounted(".box-page", (root) => {
    const page = (shown = new BoxPage(root));
    return () => page.stop();
  });
}
