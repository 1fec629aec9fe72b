// Running strips: what was measured over the last seconds, and hatched, with the reason, where it was not.
//
//   const strips = affectbox.strips(element, axis, facts)
//   strips.take({at, why, hidden, disagree, values})   samples, oldest first
//   strips.clear()  strips.span(seconds)  strips.choose([keys])  strips.newest()  strips.recent(seconds)  strips.stop()
(() => {
  const KEPT_S = 312;
  const GAP_S = 1.5; // without a sample for so long, the line is broken
  const MOST_BEHIND_S = 6;
  const RIBBON = 46;
  const WORDS = 18; // of it, for words above the blocks
  const PER_S = 30; // pictures a second
  const CALM = matchMedia("(prefers-reduced-motion: reduce)");
  const DASHES = { reported: [], "low-confidence": [7, 4], experimental: [2, 3] };

  const made = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function hatch(context, colours) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 12;
    const pen = tile.getContext("2d");
    pen.strokeStyle = colours.quiet;
    pen.globalAlpha = 0.5;
    pen.lineWidth = 1.6;
    pen.beginPath();
    for (const x of [-12, 0, 12]) {
      pen.moveTo(x - 2, 14);
      pen.lineTo(x + 14, -2);
    }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  affectbox.strips = (place, axis, facts, wall) => {
    let rows = { at: [], why: [], hidden: [], disagree: [], values: {} };
    let span = 60;
    let behind = 2;
    let strips = [];
    let parts = [];
    let blocks = [];
    let drawn = 0;
    let frame = 0;
    let colours = {};
    const units = Object.fromEntries(facts.units.map((unit) => [unit.key, unit]));
    const ribbon = made("canvas", "ribbon");
    ribbon.setAttribute("role", "img");
    ribbon.setAttribute("aria-label", "The leading expression over time");

    function scheme() {
      colours = Object.fromEntries(
        ["ink", "quiet", "line", "soft", "paper", "good", "todo", "bad"].map((name) => [name, colour(`--${name}`)]),
      );
      colours.unit = colour("--live-unit");
      colours.pain = colour("--live-pain");
    }

    // ---- what is kept

    function take(fresh) {
      const count = fresh.at.length;
      if (!count) return;
      const old = rows;
      const joined = { at: [], why: [], hidden: [], disagree: [], values: {} };
      const names = new Set([...Object.keys(old.values), ...Object.keys(fresh.values)]);
      const order = [];
      for (let i = 0; i < old.at.length; i++) if (old.why[i] !== "nothing") order.push([old.at[i], old, i]);
      for (let i = 0; i < count; i++) order.push([fresh.at[i], fresh, i]);
      order.sort((one, other) => one[0] - other[0]);
      const from = order[order.length - 1][0] - KEPT_S;
      const push = (at, why, hidden, disagree, holder, i) => {
        joined.at.push(at);
        joined.why.push(why);
        joined.hidden.push(hidden);
        joined.disagree.push(disagree);
        for (const name of names) (joined.values[name] ||= []).push(holder?.values[name]?.[i] ?? null);
      };
      let last = null;
      const step = fresh.coarse ? 90 : GAP_S;
      for (const [at, holder, i] of order) {
        if (at < from) continue;
        if (last !== null && at - last > step) {
          push(last + 0.05, "nothing", null, false, null, 0);
          push(at - 0.01, "nothing", null, false, null, 0);
        }
        push(at, holder.why[i], holder.hidden[i], holder.disagree[i], holder, i);
        last = at;
      }
      rows = joined;
      parts = stretches();
      blocks = leading();
      for (const strip of strips) strip.fill();
    }

    // Stretches in which something was not measured: [from, to, kind, words].
    function stretches() {
      const found = [];
      let open = null;
      for (let i = 0; i < rows.at.length; i++) {
        const kind = rows.why[i] ? "all" : rows.hidden[i] || (rows.disagree[i] ? "disagree" : "");
        const words = rows.why[i] === "nothing" ? "nothing arrived" : facts.reasons[rows.why[i]] || facts.parts[rows.hidden[i]];
        if (open && (open.kind !== kind || open.words !== words)) {
          open.to = rows.at[i];
          open = null;
        }
        const before = i && rows.at[i] - rows.at[i - 1] < GAP_S ? rows.at[i - 1] : rows.at[i];
        if (kind && !open) found.push((open = { from: kind === "disagree" ? rows.at[i] : before, to: rows.at[i], kind, words }));
        if (open) open.to = rows.at[i];
      }
      return found;
    }

    // What is said of each second: the leading expression, or why there is none; equal ones are one block.
    function leading() {
      const found = [];
      let i = 0;
      while (i < rows.at.length) {
        const second = Math.floor(rows.at[i]);
        let j = i;
        while (j < rows.at.length && Math.floor(rows.at[j]) === second) j++;
        const said = summary(i, j);
        const last = found[found.length - 1];
        if (said.code === "nothing") {
          i = j;
          continue;
        }
        const near = last && second - last.to < 0.5;
        if (near && last.words === said.words && last.kind === said.kind) {
          last.to = second + 1;
          last.sure = Math.max(last.sure, said.sure);
        } else found.push({ from: second, to: second + 1, ...said });
        i = j;
      }
      return found;
    }

    // Of the samples i up to j: what they come to.
    function summary(i, j) {
      const why = {};
      const mean = {};
      const hidden = {};
      let measured = 0;
      let disagree = 0;
      for (let k = i; k < j; k++) {
        if (rows.why[k]) why[rows.why[k]] = (why[rows.why[k]] || 0) + 1;
        else {
          measured++;
          disagree += rows.disagree[k] ? 1 : 0;
          if (rows.hidden[k]) hidden[rows.hidden[k]] = (hidden[rows.hidden[k]] || 0) + 1;
          for (const name of facts.emotions) mean[name] = (mean[name] || 0) + (rows.values[name]?.[k] ?? 0);
        }
      }
      const most = (counts) => Object.keys(counts).sort((one, other) => counts[other] - counts[one])[0];
      if (measured * 2 < j - i || !measured) {
        const reason = most(why) || "nothing";
        return { kind: "all", code: reason, words: facts.reasons[reason] || "nothing arrived", sure: 0 };
      }
      const part = Object.values(hidden).reduce((sum, count) => sum + count, 0) * 2 > measured ? most(hidden) : "";
      if (disagree * 2 > measured) return { kind: "disagree", words: "they disagree", sure: 0, part };
      const name = most(mean);
      if (!mean[name]) return { kind: "none", words: part ? facts.parts[part] : "not measured", sure: 0, part };
      return { kind: "expression", words: name, sure: mean[name] / measured, part };
    }

    // ---- how it is drawn

    function backdrop(u, part) {
      const pen = u.ctx;
      const { left, top, width, height } = u.bbox;
      const x = (at) => left + ((at - u.scales.x.min) / (u.scales.x.max - u.scales.x.min)) * width;
      pen.save();
      pen.beginPath();
      pen.rect(left, top, width, height);
      pen.clip();
      for (const gap of parts) {
        const mine = gap.kind === "all" || gap.kind === "both" || gap.kind === part || gap.kind === "disagree";
        if (!mine || gap.to < u.scales.x.min) continue;
        if (gap.kind === "both" && part === "expression") continue;
        const from = x(gap.from);
        const size = Math.max(2, x(gap.to) - from);
        if (gap.kind === "disagree") {
          if (part === "pain") continue;
          pen.fillStyle = colours.todo;
          pen.globalAlpha = 0.16;
          pen.fillRect(from, top, size, height);
          pen.globalAlpha = 1;
          continue;
        }
        pen.fillStyle = colours.hatch;
        pen.fillRect(from, top, size, height);
      }
      pen.restore();
    }

    function strip(key) {
      const unit = units[key];
      const kind = unit ? "unit" : key === "pain" ? "pain" : "emotion";
      const row = made("div", `strip ${kind}`);
      row.dataset.key = key;
      const label = made("div", "strip-label");
      const named = made("div", "strip-name");
      named.append(made("b", "", unit ? key : key === "pain" ? "Pain" : key));
      named.append(made("span", "", unit ? unit.name.replace(/ \(.*/, "") : key === "pain" ? "PSPI" : ""));
      label.append(named);
      if (unit) label.append(made("em", "", facts.tiers[unit.tier][0]));
      if (key === "pain") label.append(made("em", "", "a sum of action units"));
      row.title = unit ? `${unit.name}: ${facts.tiers[unit.tier].join(", ")}` : "";
      const canvas = made("div", "strip-canvas");
      const value = made("div", "strip-value", "–");
      row.append(label, canvas, value);
      place.append(row);
      const most = unit ? 5 : kind === "pain" ? 16 : 1;
      const ink = kind === "emotion" ? colours.good : kind === "pain" ? colours.pain : colours.unit;
      const part = unit ? unit.part : kind === "pain" ? "pain" : "expression";
      const u = new uPlot(
        {
          width: Math.max(60, canvas.clientWidth),
          height: Math.max(16, canvas.clientHeight),
          padding: [2, 0, 2, 0],
          legend: { show: false },
          cursor: { show: false },
          select: { show: false },
          scales: { x: { time: false, auto: false }, y: { auto: false, range: [-0.02 * most, most * 1.04] } },
          axes: [{ show: false }, { show: false }],
          series: [
            {},
            {
              stroke: ink,
              width: unit ? 2.2 : 1.8,
              dash: unit ? DASHES[unit.tier] : [],
              fill: kind === "emotion" ? `${ink}40` : undefined,
              points: { show: false },
              spanGaps: false,
            },
          ],
          hooks: { drawClear: [(drawnOn) => backdrop(drawnOn, part)] },
        },
        [[0], [null]],
        canvas,
      );
      const made_ = {
        row,
        u,
        fill() {
          u.setData([rows.at, rows.values[key] || rows.at.map(() => null)], false);
        },
        say(i) {
          const said = i >= 0 ? rows.values[key]?.[i] : null;
          const text = said === null || said === undefined ? "–" : kind === "emotion" ? `${Math.round(said * 100)} %` : said.toFixed(1);
          if (value.textContent !== text) value.textContent = text;
        },
        size() {
          u.setSize({ width: Math.max(60, canvas.clientWidth), height: Math.max(16, canvas.clientHeight) });
        },
      };
      made_.fill();
      return made_;
    }

    function draw(now) {
      frame = requestAnimationFrame(draw);
      if (now - drawn < (CALM.matches ? 1000 : 1000 / PER_S)) return;
      drawn = now;
      const max = wall() - behind;
      const min = max - span;
      for (const one of strips) {
        if (one.row.offsetParent) one.u.setScale("x", { min, max });
      }
      drawRibbon(min, max);
    }

    function drawRibbon(min, max) {
      const ratio = window.devicePixelRatio || 1;
      const width = ribbon.clientWidth;
      if (!width) return;
      if (ribbon.width !== Math.round(width * ratio)) {
        ribbon.width = Math.round(width * ratio);
        ribbon.height = Math.round(RIBBON * ratio);
      }
      const pen = ribbon.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, RIBBON);
      colours.hatch = hatch(pen, colours);
      pen.textBaseline = "middle";
      const labels = [];
      for (const block of blocks) {
        const from = Math.max(0, ((block.from - min) / span) * width);
        const to = Math.min(width, ((Math.min(block.to, max) - min) / span) * width);
        if (to <= 0 || from >= width || to - from < 1) continue;
        fillBlock(pen, block, from, to);
        labels.push({ block, from, to });
      }
      for (const gap of parts) {
        if (gap.words !== "nothing arrived" || gap.to < min) continue;
        const from = Math.max(0, ((gap.from - min) / span) * width);
        pen.fillStyle = colours.hatch;
        pen.fillRect(from, WORDS, ((gap.to - min) / span) * width - from, RIBBON - WORDS);
        labels.push({ block: gap, from, to: ((gap.to - min) / span) * width });
      }
      write(pen, labels, width);
    }

    function fillBlock(pen, block, from, to) {
      const fill = (style, alpha) => {
        pen.globalAlpha = alpha;
        pen.fillStyle = style;
        pen.fillRect(from, WORDS, to - from - 1, RIBBON - WORDS);
        pen.globalAlpha = 1;
      };
      fill(block.kind === "all" || block.kind === "none" ? colours.hatch : colours.soft, 1);
      if (block.kind === "expression") fill(colours.good, 0.12 + 0.3 * block.sure);
      if (block.kind === "disagree") fill(colours.todo, 0.35);
    }

    // The words of every block: in it where they fit, else above it; why something is missing comes before the rest.
    function write(pen, labels, width) {
      const taken = [];
      const free = (from, to) => taken.every(([start, end]) => to < start || from > end);
      const rank = ({ block }) => (block.kind !== "expression" ? 0 : block.words === "neutral" ? 2 : 1);
      pen.font = "600 13px system-ui, sans-serif";
      for (const { block, from, to } of [...labels].sort((one, other) => rank(one) - rank(other) || other.from - one.from)) {
        const size = pen.measureText(block.words).width;
        pen.fillStyle = colours.ink;
        if (block.kind === "expression" && size + 8 < to - from) {
          pen.fillText(block.words, from + 5, WORDS + (RIBBON - WORDS) / 2 + 1);
          continue;
        }
        if (rank({ block }) === 2) continue;
        const middle = (from + to) / 2;
        const start = [middle - size / 2, to - size, middle - size, from, middle]
          .map((at) => Math.min(Math.max(0, at), width - size))
          .find((at) => free(at - 5, at + size + 5));
        if (start === undefined) continue;
        taken.push([start, start + size]);
        pen.fillText(block.words, start, WORDS / 2);
      }
    }

    // ---- which, and how long

    function choose(keys) {
      for (const one of strips) one.u.destroy();
      place.replaceChildren();
      const row = made("div", "strip lane");
      row.append(made("div", "strip-label"), ribbon, made("div", "strip-value"));
      row.firstChild.append(made("b", "", "Leading"));
      place.append(row);
      scheme();
      colours.hatch = hatch(document.createElement("canvas").getContext("2d"), colours);
      strips = keys.map(strip);
      resized();
    }

    function layAxis() {
      axis.replaceChildren();
      const fine = span <= 30 ? 5 : span <= 60 ? 10 : span <= 120 ? 20 : 60;
      const each = (axis.clientWidth / span) * fine < 62 && fine < 60 ? fine * 2 : fine;
      for (let ago = span; ago >= 0; ago -= each) {
        const tick = made("span", "", ago ? (each === 60 ? `${ago / 60} min` : `${ago} s`) : "newest");
        tick.style.left = `${100 * (1 - ago / span)}%`;
        axis.append(tick);
      }
    }

    function resized() {
      layAxis();
      for (const one of strips) if (one.row.offsetParent) one.size();
    }

    const watcher = new ResizeObserver(resized);
    watcher.observe(place);
    const schemes = new MutationObserver(() => choose(strips.map((one) => one.row.dataset.key)));
    schemes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    scheme();
    frame = requestAnimationFrame(draw);

    return {
      take,
      choose,
      clear() {
        rows = { at: [], why: [], hidden: [], disagree: [], values: {} };
        parts = blocks = [];
        for (const one of strips) one.fill();
      },
      span(seconds) {
        span = seconds;
        layAxis();
      },
      // The right edge lies so far behind that it never shows what has not come yet.
      behind(seconds) {
        const wanted = Math.min(Math.max(seconds, 0.5), MOST_BEHIND_S);
        behind = wanted > behind ? wanted : behind + (wanted - behind) / 20;
      },
      newest: () => (rows.at.length ? rows.at[rows.at.length - 1] : null),
      // What the last second of samples comes to, for the words.
      recent(seconds) {
        if (!rows.at.length) return null;
        let i = rows.at.length;
        const from = rows.at[i - 1] - seconds;
        while (i > 0 && rows.at[i - 1] > from) i--;
        return summary(i, rows.at.length);
      },
      say() {
        for (const one of strips) one.say(rows.at.length - 1);
      },
      rows: () => rows,
      stop() {
        cancelAnimationFrame(frame);
        watcher.disconnect();
        schemes.disconnect();
        for (const one of strips) one.u.destroy();
      },
    };
  };
})();
