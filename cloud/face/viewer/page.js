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

function line(viewer, figure, signal) {
  const { faceBegin, faceEnd, faceLeft = 0, faceRight = 1 } = figure.dataset;
  const [begin, end, left, right] = [faceBegin, faceEnd, faceLeft, faceRight].map(Number);
  const cursor = document.createElement("div");
  const css = { position: "absolute", top: "0", bottom: "0", width: "2px", marginLeft: "-1px", background: "#d55e00", pointerEvents: "none" };
  Object.assign(cursor.style, css);
  cursor.setAttribute("aria-hidden", "true");
  if (getComputedStyle(figure).position === "static") figure.style.position = "relative";
  figure.append(cursor);
  const at = (event) => {
    const box = figure.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width - left) / (right - left);
    return share >= -0.01 && share <= 1.01 ? begin + Math.min(Math.max(share, 0), 1) * (end - begin) : null;
  };
  figure.addEventListener(
    "click",
    (event) => {
      const moment = event.target.closest("a, button, [data-face-at]") ? null : at(event);
      if (moment !== null) viewer.seek(moment);
    },
    { signal },
  );
  return {
    show(moment) {
      const share = (moment - begin) / (end - begin);
      cursor.hidden = !(share >= 0 && share <= 1);
      cursor.style.left = `${100 * (left + Math.min(Math.max(share, 0), 1) * (right - left))}%`;
    },
    remove: () => cursor.remove(),
  };
}
