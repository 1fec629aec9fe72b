/** Elements by hand: no library, no markup from strings. */

/** The one element of a selector. */
export const $ = (selector, within = document) => within.querySelector(selector);

/** All elements of a selector. */
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/**
 * An element with attributes (`on…` are listeners, `null` and `false` are left out) and children (null is left out).
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** As `h`, of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set an attribute, take it away (null, false), or listen (`on…`). */
export function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? "" : value);
}

/** Write a text where it is another. */
export function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
