// Elements are made from text only: nothing from a document or a model is ever parsed as markup.

/** A message or remedy at the start of a sentence; a file name at its start is left as it is. */
export const capital = (text) => (text && !/^\S*[./\\_]\w/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

/** A message or remedy as a sentence: with a capital, and a mark at its end. */
export const sentence = (text) => {
  const said = quoted(text || "").trim();
  return said ? `${capital(said)}${/[.!?…]$/.test(said) ? "" : "."}` : "";
};

/** Commands and values, which the command line puts between backticks, between quotation marks. */
export const quoted = (text) => text.replace(/`([^`]+)`/g, "“$1”");

/** A text with its line breaks and repeated spaces as single spaces. */
export const oneLine = (text) => String(text).replace(/\s+/g, " ").trim();

export const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export function fileSize(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return bytes >= 1000 ? `${Math.round(bytes / 1000)} kB` : count(bytes, "byte");
}

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
  copy: "M4.2 4.2h5.3v5.6H4.2zM2.4 7.6V2.2h5.2",
  again: "M9.7 4.2A4 4 0 1 0 10 6.8M9.9 1.8v2.6H7.3",
  pin: "M3.5 1.8h5v8.4L6 8.1 3.5 10.2z",
  up: "M6 9.6V2.6M3 5.4 6 2.4l3 3",
  down: "M6 2.4v7M3 6.6l3 3 3-3",
};

let lastAnnounced = "";
export function announce(text) {
  // A screen reader does not speak the same text twice.
  lastAnnounced = text === lastAnnounced ? `${text}\u00a0` : text;
  byId("announce").textContent = lastAnnounced;
}
