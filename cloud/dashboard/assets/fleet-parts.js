// What the engineer's pages draw with: elements, ages, marks of states, sparklines. Text is only ever set as text.
//
//   parts.h(tag, {class, on…}, ...children)    an element
//   parts.say(element, text)                   its text, touched only where it changes
//   parts.go(path)                             to another page, without loading everything anew
window.fleetParts = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const TONE = {
    trouble: "bad",
    silent: "bad",
    "clock wrong": "todo",
    watching: "good",
    paused: "calm",
    idle: "calm",
    ended: "calm",
    "never seen": "calm",
  };

  function h(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "class") element.className = value;
      else if (name in element && typeof value !== "string") element[name] = value;
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }

  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function svg(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // How long, as people say it: 42 s, 3 min, 5 h, 12 d.
  function span(ms) {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 100) return `${s} s`;
    if (s < 5400) return `${Math.floor(s / 60)} min`;
    if (s < 172800) return `${Math.floor(s / 3600)} h`;
    return `${Math.floor(s / 86400)} d`;
  }

  const since = (ms) => (ms ? span(affectbox.now() - ms) : "");
  const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const moment = (ms) => new Date(ms).toLocaleString([], { dateStyle: "medium", timeStyle: "short", hour12: false });
  const many = (count, one, more) => `${count} ${count === 1 ? one : more || `${one}s`}`;
  const mark = (state) => h("span", { class: `mark mark-${state.replace(" ", "-")} ${TONE[state] || ""}`, "aria-hidden": "true" });

  // The path of a sparkline in a box of `width` × `height`; what was not measured is a gap.
  function path(values, width, height, low, high) {
    const reach = high - low || 1;
    let drawn = "";
    let pen = "M";
    values.forEach((value, index) => {
      if (value === null) {
        pen = "M";
        return;
      }
      const x = (index / (values.length - 1)) * width;
      const y = height - 1 - ((value - low) / reach) * (height - 2);
      const alone = pen === "M" && values[index + 1] == null ? `h1.5` : "";
      drawn += `${pen}${x.toFixed(1)} ${y.toFixed(1)}${alone}`;
      pen = "L";
    });
    return drawn;
  }

  // A day of one number. `floor`: the least reach of the axis, so that noise does not look like news.
  function spark(values, floor) {
    const known = (values || []).filter((value) => value !== null);
    if (known.length < 2) return null;
    let low = Math.min(...known);
    let high = Math.max(...known);
    if (high - low < floor) {
      const middle = (high + low) / 2;
      [low, high] = [middle - floor / 2, middle + floor / 2];
    }
    const drawing = svg("svg", { viewBox: "0 0 64 18", class: "spark", preserveAspectRatio: "none", "aria-hidden": "true" });
    drawing.append(svg("path", { d: path(values, 64, 18, low, high) }));
    return drawing;
  }

  function go(address) {
    history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function link(address, text, className) {
    return h(
      "a",
      {
        href: address,
        class: className || "",
        onclick: (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
          event.preventDefault();
          go(address);
        },
      },
      text,
    );
  }

  const boxLink = (device, text, className) => link(`/fleet/${encodeURIComponent(device)}`, text || device, className);
  // Tell the server's callbacks what a person wants; `n` makes each wish a new one.
  let wishes = 0;
  const wish = (id, what) => dash_clientside.set_props(id, { data: { ...what, n: ++wishes } });

  function banner(place, away) {
    const text = away
      ? `The database cannot be read since ${clock(away.since)}: what is shown is as old as that. ${away.why}`
      : "";
    say(place, text);
    place.hidden = !text;
  }

  return { h, say, svg, span, since, clock, moment, many, mark, spark, go, link, boxLink, wish, banner, TONE };
})();
