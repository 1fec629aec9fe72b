// What else on the page follows the session: figures over which a line moves, and moments that can be clicked.
//
//   <figure data-face-begin="0" data-face-end="3000" data-face-left="0.08" data-face-right="0.98">…</figure>
//       a diagram whose time axis reaches from begin to end, seconds, between two shares of its width
//   <button data-face-at="125.3">2:05</button>
//       a moment

export function follow(viewer, root) {
  const ended = new AbortController();
  const lines = [...root.querySelectorAll("[data-face-begin]")].map((figure) => line(viewer, figure, ended.signal));
  root.addEventListener(
    "click",
    (event) => {
      const at = event.target.closest?.("[data-face-at]");
      if (!at) return;
      event.preventDefault();
      viewer.seek(Number(at.dataset.faceAt));
      viewer.place.scrollIntoView({ block: "nearest", behavior: viewer.calm ? "auto" : "smooth" });
    },
    { signal: ended.signal },
  );
  const show = (at) => lines.forEach((one) => one.show(at));
  return { show, stop: () => (ended.abort(), lines.forEach((one) => one.remove())) };
}

// A line over the picture of a figure (its SVG, canvas or image; else all of it), wherever that is scrolled to.
function line(viewer, figure, signal) {
  const { faceBegin, faceEnd, faceLeft = 0, faceRight = 1 } = figure.dataset;
  const [begin, end, left, right] = [faceBegin, faceEnd, faceLeft, faceRight].map(Number);
  const picture = figure.querySelector("svg, canvas, img") || figure;
  const cursor = document.createElement("div");
  Object.assign(cursor.style, { position: "absolute", width: "2px", marginLeft: "-1px", background: "#d55e00", pointerEvents: "none" });
  cursor.setAttribute("aria-hidden", "true");
  if (getComputedStyle(figure).position === "static") figure.style.position = "relative";
  figure.append(cursor);
  let now = 0;
  const show = (moment) => {
    now = moment;
    const share = (moment - begin) / (end - begin);
    const [box, around] = [picture.getBoundingClientRect(), figure.getBoundingClientRect()];
    const x = box.left - around.left + (left + share * (right - left)) * box.width;
    cursor.hidden = !(share >= 0 && share <= 1 && x >= 0 && x <= around.width);
    Object.assign(cursor.style, { left: `${x}px`, top: `${box.top - around.top}px`, height: `${box.height}px` });
  };
  figure.addEventListener(
    "click",
    (event) => {
      if (event.target.closest("a, button, [data-face-at]")) return;
      const box = picture.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width - left) / (right - left);
      const inside = event.clientY >= box.top && event.clientY <= box.bottom && share >= -0.01 && share <= 1.01;
      if (inside) viewer.seek(begin + Math.min(Math.max(share, 0), 1) * (end - begin));
    },
    { signal },
  );
  figure.addEventListener("scroll", () => show(now), { signal, capture: true, passive: true });
  const sizes = new ResizeObserver(() => show(now));
  sizes.observe(picture);
  signal.addEventListener("abort", () => sizes.disconnect());
  return { show, remove: () => cursor.remove() };
}
