// Elements are made from text only: nothing from a document or a model is ever parsed as markup.

/** A message or remedy at the start of a sentence. */
export const capital = (text) => text && text[0].toUpperCase() + text.slice(1);

export const byId = (id) => document.getElementById(id);

export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onclick") made.addEventListener("click", value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== "" && child !== 0));
  return made;
}

export const button = (label, onclick, props = {}) => el("button", { type: "button", class: "plain", ...props, onclick }, label);

export function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[shape]);
  svg.append(path);
  return svg;
}

const SHAPES = {
  check: "M2 6.5 4.8 9.2 10 3",
  open: "M6 2.2v4.6M6 9.4v.2",
  cross: "M3 3l6 6M9 3l-6 6",
  pen: "M2.2 9.8 2.8 7.5 8 2.3l1.7 1.7L4.5 9.2z",
};

let lastAnnounced = "";
export function announce(text) {
  // A screen reader does not speak the same text twice.
  lastAnnounced = text === lastAnnounced ? `${text}\u00a0` : text;
  byId("announce").textContent = lastAnnounced;
}
