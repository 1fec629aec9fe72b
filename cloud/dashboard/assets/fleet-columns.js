// The columns of the fleet's table: what each draws of a box's row (see cloud/dashboard/fleet/rows.py).
window.fleetColumns = (sparks) => {
  const { h, say, since, span, mark, spark, boxLink, many } = fleetParts;
  const number = (value, unit) => (value === null || value === undefined ? "–" : `${value.toLocaleString()}${unit}`);
  const gb = (mb) => (mb === null ? "–" : mb < 10000 ? `${mb.toLocaleString()} MB` : `${Math.round(mb / 1000)} GB`);

  // Each cell has a first line, a second, quieter one, and perhaps a day's line.
  function lines(cell, first, second, tone, title) {
    if (!cell.first) {
      cell.first = h("span", { class: "first" });
      cell.second = h("span", { class: "second" });
      cell.gui.append(cell.first, cell.second);
    }
    say(cell.first, first);
    say(cell.second, second || "");
    cell.first.className = `first ${tone || ""}`;
    if (cell.gui.title !== (title || "")) cell.gui.title = title || "";
  }

  function day(cell, row, field, floor) {
    const values = (sparks.of || {})[field]?.[row.id];
    if (cell.drawn === values) return;
    cell.drawn = values;
    cell.line?.remove();
    cell.line = spark(values, floor);
    if (cell.line) cell.gui.append(cell.line);
    cell.gui.classList.toggle("with-spark", Boolean(cell.line));
  }

  function bar(cell, percent, tone) {
    if (!cell.bar) {
      cell.fill = h("i");
      cell.bar = h("span", { class: "gauge" }, cell.fill);
      cell.gui.append(cell.bar);
    }
    cell.bar.hidden = percent === null;
    cell.fill.style.width = `${Math.min(percent || 0, 100)}%`;
    cell.fill.className = tone || "";
  }

  const NEED = ["", "note", "warning", "trouble", "trouble"];
  const draw = {
    box(cell, [name, device, group, twin], row) {
      if (cell.device !== device) {
        cell.device = device;
        cell.link = boxLink(device, name, "first");
        cell.second = h("span", { class: "second" });
        cell.gui.replaceChildren(cell.link, cell.second);
      }
      say(cell.link, name);
      say(cell.second, [name === device ? "" : device, group, twin].filter(Boolean).join(" · "));
      cell.second.classList.toggle("todo", Boolean(twin));
      cell.gui.title = [name, device, group, twin].filter(Boolean).join(" · ");
    },
    state(cell, [, state, from]) {
      if (cell.state !== state) {
        cell.state = state;
        cell.word = h("span", {}, state);
        cell.second = h("span", { class: "second" });
        cell.gui.replaceChildren(h("span", { class: `first state ${fleetParts.TONE[state] || ""}` }, mark(state), cell.word), cell.second);
      }
      say(cell.second, from ? `for ${since(from)}` : "");
    },
    see(cell, [need, what, text, todo, more]) {
      lines(cell, text, todo, need >= 3 ? "bad" : need === 2 ? "todo" : "", text ? `${text}\n${todo}${more ? `\nand ${many(more, "more", "more")}` : ""}` : "");
      cell.gui.dataset.need = NEED[need];
    },
    alerts(cell, alerts) {
      const [first] = alerts;
      const more = alerts.length > 1 ? ` +${alerts.length - 1}` : "";
      lines(cell, first ? first[0] + more : "", first ? first[1] : "", first && first[1] === "Alerting" ? "bad" : "", alerts.map((one) => `${one[0]}: ${one[1]}. ${one[3]}`).join("\n"));
    },
    seen(cell, [seen]) {
      lines(cell, seen ? `${since(seen)} ago` : "never", "");
    },
    rate(cell, [rate, why], row) {
      lines(cell, rate === null ? "–" : `${rate.toFixed(1)} /s`, "", why ? "todo" : "", why);
      day(cell, row, "rate", 2);
    },
    ms(cell, [total, detect, align, read, interpret]) {
      lines(cell, number(total, " ms"), "", "", total === null ? "" : `finding the face ${detect}, aligning ${align}, reading ${read}, interpreting ${interpret} ms`);
      if (!cell.stack) {
        cell.parts = [1, 2, 3, 4].map((at) => h("i", { class: `stage-${at}` }));
        cell.stack = h("span", { class: "stack" }, ...cell.parts);
        cell.gui.append(cell.stack);
      }
      cell.stack.hidden = total === null;
      [detect, align, read, interpret].forEach((part, at) => {
        cell.parts[at].style.width = `${total ? (100 * (part || 0)) / total : 0}%`;
      });
    },
    cpu(cell, [cpu], row) {
      lines(cell, number(cpu, " %"), "");
      day(cell, row, "cpu", 20);
    },
    memory(cell, [percent, rss]) {
      lines(cell, number(percent, " %"), rss === null ? "" : `${rss} MB of it`, percent >= 90 ? "todo" : "");
    },
    temperature(cell, [degrees, throttled, low], row) {
      const why = low ? "under voltage" : throttled ? "throttled" : "";
      lines(cell, degrees === null ? "–" : `${degrees.toFixed(0)} °C`, why, degrees >= 80 || why ? "todo" : "", why);
      day(cell, row, "temperature", 10);
    },
    disk(cell, [percent, mb]) {
      const tone = (percent !== null ? percent < 10 : mb !== null && mb < 1000) ? "todo" : "";
      lines(cell, gb(mb), "", tone, percent === null ? "" : `${percent} % free`);
      bar(cell, percent === null ? null : 100 - percent, tone);
    },
    queue(cell, [count, lag, grows], row) {
      lines(cell, count === null ? "–" : count.toLocaleString(), lag >= 1 ? `${span(lag * 1000)} late` : "", grows || lag >= 300 ? "todo" : "", grows ? "more wait with every report" : "");
      day(cell, row, "queue", 20);
    },
    clock(cell, [off, rank, text]) {
      lines(cell, text || "–", "", rank === 2 ? "bad" : rank === 1 ? "todo" : "", off ? `off by ${span(off * 1000)}` : "");
    },
    budget(cell, [percent, ahead, used, budget]) {
      const tone = percent >= 90 || ahead > 100 ? "todo" : "";
      lines(cell, percent === null ? number(used, " MB") : `${percent} %`, percent === null ? "no budget" : "", tone, percent === null ? "" : `${used} of ${budget} MB; ${ahead} % at the end of the month`);
      bar(cell, percent, tone);
    },
    version(cell, [version, behind]) {
      lines(cell, version || "–", behind ? `${many(behind, "newer one", "newer ones")} elsewhere` : "", behind >= 2 ? "todo" : "");
    },
    bundles: (cell, [emotions, aus]) => lines(cell, emotions || "–", aus === emotions ? "" : aus),
    update: (cell, [rank, said, version, text]) => lines(cell, said, version, rank === 2 ? "bad" : rank === 1 ? "good" : "", text),
    machine: (cell, [model]) => lines(cell, model || "–", "", "", model),
    mode: (cell, [sent, wanted]) => lines(cell, sent || "–", wanted && sent !== wanted ? `${wanted} wanted` : "", wanted && sent !== wanted ? "todo" : ""),
    lost: (cell, [lost]) => lines(cell, number(lost, ""), "", lost ? "todo" : ""),
  };

  class Cell {
    init(params) {
      this.gui = h("div", { class: "cell" });
      this.refresh(params);
    }
    getGui() {
      return this.gui;
    }
    refresh(params) {
      if (params.value) draw[params.column.getColId()](this, params.value, params.data);
      return true;
    }
  }

  const words = new Intl.Collator([], { numeric: true }).compare;
  function compare(a, b, nodeA, nodeB, descending) {
    const [x, y] = [a?.[0] ?? null, b?.[0] ?? null];
    if (x === null || y === null) return x === y ? 0 : (x === null) === descending ? -1 : 1;
    return typeof x === "string" ? words(x, String(y)) : x - y;
  }
  const column = (field, headerName, width, more) => ({ field, headerName, width, cellRenderer: Cell, cellDataType: false, comparator: compare, ...more });
  return [
    column("box", "Box", 190, { pinned: "left", lockPosition: "left", sortIndex: 1, sort: "asc", lockVisible: true }),
    column("state", "State", 118),
    column("see", "To see to", 380, { sort: "desc", sortIndex: 0, sortingOrder: ["desc", "asc", null], flex: 1, minWidth: 360 }),
    column("alerts", "Alerts", 128, { comparator: (a, b) => (a?.length || 0) - (b?.length || 0) }),
    column("temperature", "Temperature", 132),
    column("cpu", "Processor", 126),
    column("rate", "Rate", 132),
    column("ms", "A frame costs", 112),
    column("memory", "Memory", 100),
    column("disk", "Disk free", 104),
    column("queue", "Waiting", 136),
    column("budget", "Data budget", 108),
    column("clock", "Clock", 128),
    column("seen", "Seen", 92),
    column("version", "Version", 132),
    column("update", "Last update", 116, { comparator: (a, b) => words(a?.[1] || "", b?.[1] || "") }),
    column("bundles", "Bundles", 130),
    column("machine", "Board", 190, { hide: true }),
    column("mode", "Sends", 104, { hide: true }),
    column("lost", "Lost", 80, { hide: true }),
  ];
};
