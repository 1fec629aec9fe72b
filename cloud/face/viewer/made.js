// Elements, and the signs on buttons.

export function made(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const PATHS = {
  play: "M6 4l13 8-13 8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  back: "M17 5v14L8 12zM5 5h2.5v14H5z",
  on: "M7 5v14l9-7zM16.5 5H19v14h-2.5z",
  before: "M15.5 4.5L17 6l-6 6 6 6-1.5 1.5L8 12z",
  after: "M8.5 4.5L7 6l6 6-6 6 1.5 1.5L16 12z",
  front: "M12 3a9 9 0 109 9h-2.2A6.8 6.8 0 1112 5.2V8l4.5-3.9L12 0z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
