// The session on the digital face and its chart show one moment: pointing at the chart looks there, a click goes there,
// and while the face plays a line moves over the chart.
(() => {
  let face = null; // its bytes, once they came
  const left = new Map(); // track → the moment at which it was left, for a page that is made anew

  affectbox.mounted("#session-face", (place) => {
    const ended = new AbortController();
    const line = Object.assign(document.createElement("div"), { className: "chart-cursor", hidden: true });
    let viewer = null;

    const chart = () => document.querySelector("#session-chart .js-plotly-plot");
    const axis = () => chart()?._fullLayout?.xaxis;

    function script() {
      if (window.affectboxFace) return Promise.resolve();
      return new Promise((done, failed) => {
        const one = Object.assign(document.createElement("script"), { src: place.dataset.viewer, onload: done });
        one.onerror = () => failed(new Error("The player did not come: load the page again."));
        document.head.append(one);
      });
    }

    async function bytes() {
      const answer = face ? null : await fetch(place.dataset.face);
      if (answer?.ok) face = await answer.arrayBuffer();
    }

    async function begin() {
      const [answer] = await Promise.all([fetch(place.dataset.track, { signal: ended.signal }), script(), bytes()]);
      const track = await answer.json();
      if (!answer.ok) throw new Error(track.error);
      const made = await affectboxFace.mount(place, { track, face, compact: true });
      if (ended.signal.aborted) return made.stop();
      viewer = made;
      viewer.onseek = show;
      viewer.seek(left.get(place.dataset.track) || 0);
    }

    function show(at) {
      const [plot, x] = [chart(), axis()];
      line.hidden = !(plot && x && at >= x.range[0] && at <= x.range[1]);
      if (line.hidden) return;
      if (line.parentElement !== plot) plot.append(line);
      line.style.left = `${x._offset + ((at - x.range[0]) / (x.range[1] - x.range[0])) * x._length}px`;
    }

    // The moment that is pointed at; null beside the chart.
    function pointed(event) {
      const [plot, x] = [chart(), axis()];
      if (!viewer || !x || !plot.contains(event.target)) return null;
      const share = (event.clientX - plot.getBoundingClientRect().left - x._offset) / x._length;
      return share >= 0 && share <= 1 ? x.range[0] + share * (x.range[1] - x.range[0]) : null;
    }

    let pressed = null;
    let looking = false;
    const listen = (kind, hear) => window.addEventListener(kind, hear, { signal: ended.signal, capture: true, passive: true });
    listen("pointermove", (event) => {
      if (event.pointerType !== "mouse" || !viewer || pressed) return;
      const at = pointed(event);
      if (at !== null || looking) viewer.peek(at);
      looking = at !== null;
    });
    listen("pointerdown", (event) => {
      const at = event.button ? null : pointed(event);
      pressed = at === null ? null : { at, x: event.clientX, y: event.clientY };
    });
    listen("pointerup", (event) => {
      const still = pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 4;
      if (still) viewer.seek(pressed.at);
      pressed = null;
    });
    // A chart that was drawn anew, closer or wider, has its line elsewhere.
    const drawn = new ResizeObserver(() => viewer && show(viewer.time));
    const changed = new MutationObserver((seen) => seen.some((one) => one.target !== line) && viewer && show(viewer.time));
    const around = document.getElementById("session-chart");
    if (around) {
      drawn.observe(around);
      changed.observe(around, { childList: true, subtree: true, attributes: true, attributeFilter: ["d"] });
    }

    begin().catch((error) => {
      if (!ended.signal.aborted) place.replaceChildren(Object.assign(document.createElement("p"), { className: "lead", textContent: error.message }));
    });
    return () => {
      ended.abort();
      drawn.disconnect();
      changed.disconnect();
      line.remove();
      if (viewer) left.set(place.dataset.track, viewer.time);
      viewer?.stop();
    };
  });
})();
