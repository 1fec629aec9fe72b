// /alerts: what stands, grouped by rule; silences; the rules in words; whether the outlets work.
{
  const STATES = ["Alerting", "Error", "No data", "Pending", "Recovering"];
  const TONES = { Alerting: "bad", Error: "bad", "No data": "todo", Pending: "todo", Recovering: "good" };
  let shown = null;
  affectbox.on("alerts", (of, data) => shown && shown.hear(data));
  affectbox.onTrouble("alerts", (of, text) => shown && shown.fail(text));

  class AlertsPage {
    constructor(root) {
      this.root = root;
      this.body = root.querySelector(".alerts-body");
      this.state = "";
      this.clock = setInterval(() => this.tick(), 1000);
      this.ages = [];
      affectbox.want("alerts");
    }

    hear(data) {
      this.data = data;
      fleetParts.banner(this.root.querySelector(".fleet-away"), null);
      this.draw();
    }

    fail(text) {
      const place = this.root.querySelector(".fleet-away");
      fleetParts.say(place, text);
      place.hidden = false;
    }

    tick() {
      for (const [place, from] of this.ages) fleetParts.say(place, fleetParts.since(from));
    }

    name(device) {
      return this.data.names[device]?.[0] || device;
    }

    draw() {
      const { h } = fleetParts;
      this.ages = [];
      const focus = document.activeElement?.dataset.key;
      const open = new Set([...this.body.querySelectorAll("details[open]")].map((one) => one.dataset.key));
      this.body.replaceChildren(
        this.chips(),
        ...this.groups(),
        h("div", { class: "box-pair" }, this.silences(), this.outlets()),
        this.rules(),
      );
      for (const one of this.body.querySelectorAll("details")) one.open = open.has(one.dataset.key);
      if (focus) this.body.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
      this.root.classList.add("loaded");
    }

    chips() {
      const { h } = fleetParts;
      const count = (state) => this.data.stood.filter((one) => one[2] === state).length;
      return h(
        "div",
        { class: "chips", role: "group", "aria-label": "Filter by state" },
        ...STATES.map((state) =>
          h(
            "button",
            {
              type: "button",
              class: `chip ${count(state) ? "" : "none"}`,
              "data-key": `chip ${state}`,
              "aria-pressed": String(this.state === state),
              onclick: () => {
                this.state = this.state === state ? "" : state;
                this.draw();
              },
            },
            h("b", { class: count(state) ? TONES[state] : "" }, `${count(state)}`),
            h("span", {}, state),
          ),
        ),
      );
    }

    groups() {
      const { h, many, boxLink, wish, since } = fleetParts;
      const stood = this.data.stood.filter((one) => !this.state || one[2] === this.state);
      if (!this.data.watched) return [h("p", { class: "panel" }, "No watch runs here, so no alert is judged: start `affectbox-cloud watch`, see docs/dashboard.md.")];
      if (!stood.length) return [h("p", { class: "panel fine" }, this.state ? `Nothing is in the state ${this.state}.` : "No alert stands.")];
      const judged = stood.filter((one) => one[2] !== "No data");
      const unjudged = stood.filter((one) => one[2] === "No data");
      const silenced = (device, rule) => this.data.silences.some((one) => one[1] === device && (!one[2] || one[2] === rule));
      const worst = (ones) => Math.min(...ones.map((one) => STATES.indexOf(one[2])));
      const rules = [...new Set(judged.map((one) => one[0]))].map((rule) => [rule, judged.filter((one) => one[0] === rule)]);
      const grave = (ones) => ["critical", "warning", "note"].indexOf(ones[0][4]);
      rules.sort((a, b) => worst(a[1]) - worst(b[1]) || grave(a[1]) - grave(b[1]) || b[1].length - a[1].length);
      const groups = rules.map(([rule, ones]) =>
        h(
          "section",
          { class: "panel alert-group" },
          h("h2", {}, rule, h("span", { class: `grade ${ones[0][4] === "critical" ? "bad" : ones[0][4] === "warning" ? "todo" : ""}` }, ones[0][4]), h("span", { class: "second" }, many(ones.length, "box", "boxes"))),
          h("p", {}, ones[0][5], h("span", { class: "second" }, ` ${ones[0][6]}`)),
          h(
            "div",
            { class: "scroll", tabindex: "0" },
            h(
              "table",
              {},
              h("thead", {}, h("tr", {}, ...["Box", "State", "For", "Told", ""].map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))))),
              h(
                "tbody",
                {},
                ...[...ones]
                  .sort((a, b) => STATES.indexOf(a[2]) - STATES.indexOf(b[2]) || a[3] - b[3])
                  .map(([, device, state, from, , , , told]) => {
                    const age = h("td", { class: "second" }, since(from));
                    this.ages.push([age, from]);
                    const quiet = silenced(device, rule);
                    return h(
                      "tr",
                      {},
                      h("td", {}, boxLink(device, this.name(device)), h("span", { class: "second" }, this.data.names[device]?.[2] ? ` ${this.data.names[device][2]}` : "")),
                      h("td", { class: TONES[state] }, state),
                      age,
                      h("td", { class: "second" }, quiet ? "silenced" : told ? "yes" : "not yet"),
                      h("td", { class: "end" }, quiet ? "" : h("button", { class: "quiet", type: "button", "data-key": `silence ${rule} ${device}`, "aria-label": `Silence ${rule} of ${this.name(device)}`, onclick: () => wish("fleet-ask", { do: "silence", devices: [device], rule }) }, "Silence …")),
                    );
                  }),
              ),
            ),
          ),
        ),
      );
      return unjudged.length ? [...groups, this.unknown(unjudged)] : groups;
    }

    // Boxes of which rules cannot be judged: by box, for it is mostly all of them.
    unknown(stood) {
      const { h, many, boxLink, since } = fleetParts;
      const devices = [...new Set(stood.map((one) => one[1]))];
      return h(
        "section",
        { class: "panel" },
        h("h2", {}, "No data", h("span", { class: "second" }, many(devices.length, "box", "boxes"))),
        h("p", { class: "second" }, "These boxes are silent, or were never heard, so these rules cannot be judged."),
        ...devices.map((device) => {
          const ones = stood.filter((one) => one[1] === device);
          const age = h("span", { class: "second" });
          this.ages.push([age, Math.min(...ones.map((one) => one[3]))]);
          return h("p", { class: "unjudged" }, boxLink(device, this.name(device)), h("span", { class: "second" }, ` ${ones.length > 3 ? `${ones.length} rules` : ones.map((one) => one[0]).join(", ")}, for `), age);
        }),
      );
    }

    silences() {
      const { h, moment, boxLink, wish } = fleetParts;
      const { silences } = this.data;
      return h(
        "section",
        { class: "panel" },
        h("h2", {}, "Silences"),
        ...(silences.length
          ? silences.map(([number, device, rule, until, by, why]) =>
              h("p", { class: "silence" }, h("span", {}, boxLink(device, this.name(device)), `: ${rule || "every alert"}, until ${moment(until)}, by ${by}${why ? `: ${why}` : ""}`), h("button", { class: "quiet", type: "button", "data-key": `end ${number}`, onclick: () => wish("fleet-ask", { do: "unsilence", devices: [device], number }) }, "End it")),
            )
          : [h("p", { class: "second" }, "Nobody is silenced.")]),
      );
    }

    outlets() {
      const { h, since } = fleetParts;
      const { posts, rules } = this.data;
      const known = rules.outlets.map(([name, where]) => [name, where, ...(posts[name] || [0, "", 0])]);
      return h(
        "section",
        { class: "panel" },
        h("h2", {}, "Who is told"),
        ...(known.length
          ? known.map(([name, where, waiting, trouble, from]) =>
              h("p", {}, h("b", {}, name), ` to ${where}: `, trouble ? h("span", { class: "bad" }, `it has not worked for ${since(from)}, ${waiting} waiting. ${trouble}`) : waiting ? `${waiting} on the way.` : "the last message was taken."),
            )
          : [h("p", { class: "second" }, "Nobody is told: the file of rules names neither a webhook nor an e-mail address.")]),
      );
    }

    rules() {
      const { h } = fleetParts;
      const { rules } = this.data;
      return h(
        "section",
        { class: "panel" },
        h("h2", {}, "When it alerts", h("span", { class: "second" }, rules.file)),
        rules.trouble ? h("p", { class: "bad" }, rules.trouble) : null,
        h(
          "details",
          { "data-key": "rules" },
          h("summary", { "data-key": "rules summary" }, `${rules.all.length} rules`),
          h("div", { class: "scroll tall", tabindex: "0" }, h("table", {}, h("thead", {}, h("tr", {}, ...["Rule", "Severity", "When", "What it says"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rules.all.map(([name, severity, when, text, todo]) => h("tr", {}, h("td", {}, h("b", {}, name)), h("td", {}, severity), h("td", {}, when), h("td", {}, text, h("span", { class: "second" }, ` ${todo}`))))))),
        ),
      );
    }

    stop() {
      clearInterval(this.clock);
      affectbox.drop("alerts");
      if (shown === this) shown = null;
    }
  }

  affectbox.mounted(".alerts-page", (root) => {
    const page = (shown = new AlertsPage(root));
    return () => page.stop();
  });
}
