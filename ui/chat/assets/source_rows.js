// Tables in the text of a document. The text has a line for each row, `| Ship: Aurora; Captain: Rosa Lind`, which
// is shown as a row again; its characters keep their places, so that quotations are marked in their cells.

import { el } from "./dom.js";

const MAX_ROWS = 3000;
const MAX_COLUMNS = 20;
// "; Captain: ", at the beginning of a cell with a head; a head has at most 60 characters
const HEAD = /(^\| |; )([^;:\n]{1,60}):(?: |$|(?=;))/g;

/** The lines of a text in runs: `{ text, start, kind }`, kind: "table", "heading" or "text". start: the characters before. */
export function runsOf(text, hasHeadings) {
  const runs = [];
  let at = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const kind = line.startsWith("| ") ? "table" : hasHeadings && /^#{1,6} /.test(line) ? "heading" : "text";
    const last = runs.at(-1);
    if (last && last.kind === kind && kind !== "heading") last.text += line;
    else runs.push({ text: line, start: at, kind });
    at += line.length;
  }
  return runs;
}

/** A table of the rows of a run, or null when they have no common columns. mark(text, offset) returns nodes. */
export function tableOf(text, mark) {
  const lines = text.split("\n").filter(Boolean);
  if (lines.length < 2 || lines.length > MAX_ROWS) return null;
  const counts = new Map();
  for (const line of lines) for (const name of new Set([...line.matchAll(HEAD)].map((found) => found[2]))) counts.set(name, (counts.get(name) || 0) + 1);
  // A name in one row of many is a part of a cell's text.
  const heads = [...counts].filter(([, n]) => n > 1).map(([name]) => name);
  if (heads.length < 2 || heads.length > MAX_COLUMNS) return null;
  const rows = [];
  let start = 0;
  for (const line of text.split("\n")) {
    if (line) rows.push(cellsOf(line, heads, start));
    start += line.length + 1;
  }
  if (rows.some((row) => !row)) return null;
  return el("div", { class: "rows-frame" },
    el("table", {}, el("thead", {}, el("tr", {}, heads.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, heads.map((name) => el("td", {}, row.has(name) ? mark(...row.get(name)) : "")))))));
}

/** `[text, offset]` by head; null for a row in which a cell has no head, or two have the same. */
function cellsOf(line, heads, start) {
  const found = [...line.matchAll(HEAD)].filter((match) => heads.includes(match[2]));
  if (!found.length || found[0].index > 0) return null;
  const cells = new Map();
  for (const [at, match] of found.entries()) {
    if (cells.has(match[2])) return null;
    const begins = match.index + match[0].length;
    cells.set(match[2], [line.slice(begins, found[at + 1]?.index ?? line.length), start + begins]);
  }
  return cells;
}
