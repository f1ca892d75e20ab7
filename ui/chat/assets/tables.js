// Answers with rows: tables that can be sorted and copied to a spreadsheet, and timelines.

import { citationButton, VERDICTS } from "./answer.js";
import { copy } from "./clipboard.js";
import { announce, button, el, icon, oneLine } from "./dom.js";

/** The rows of an answer; null when it has none, as older stored answers. */
export function rows(turn, answer) {
  if (!answer.rows?.length) return null;
  return answer.kind === "timeline" ? timeline(turn, answer) : table(turn, answer);
}

function table(turn, answer) {
  const body = el("tbody");
  const group = groupOf(answer);
  const columns = shownColumns(answer).filter((column) => column !== group);
  const heads = columns.map((column) => el("th", { scope: "col", "data-column": column }, button(answer.columns[column], () => sort(column), { class: "sort" })));
  let sorted = null;
  const draw = (rows) => body.replaceChildren(...rows.flatMap((row, at) => {
    const isNext = group !== null && row.cells[group] !== rows[at - 1]?.cells[group];
    return [isNext && el("tr", { class: "group" }, el("th", { scope: "rowgroup", colspan: columns.length + 1 }, row.cells[group])), line(turn, row, columns)].filter(Boolean);
  }));
  const sort = (column) => {
    const down = sorted?.column === column && !sorted.down;
    sorted = { column, down };
    const groups = group === null ? [] : [...new Set(answer.rows.map((row) => row.cells[group]))];
    const place = (row) => groups.indexOf(row.cells[group]);
    draw([...answer.rows].sort((a, b) => place(a) - place(b) || compare(a.cells[column], b.cells[column]) * (down ? -1 : 1)));
    heads.forEach((head) => head.setAttribute("aria-sort", Number(head.dataset.column) === column ? (down ? "descending" : "ascending") : "none"));
    announce(`Sorted by ${answer.columns[column]}, ${down ? "descending" : "ascending"}`);
  };
  draw(answer.rows);
  const made = el("div", { class: "rows", tabindex: "0", role: "region", "aria-label": `Table: ${answer.answered_as}` },
    el("table", {}, el("thead", {}, el("tr", {}, heads, el("th", { scope: "col" }, "Sources"))), body));
  return el("div", { class: "table" }, made, copyButton(answer));
}

/** The column that is shown as headings of groups: the question of statements, when several were asked for. */
function groupOf(answer) {
  const column = answer.columns.indexOf("Asked");
  return column >= 0 && answer.rows.every((row) => row.cells[column]) ? column : null;
}

const MANY = 4;

/** Without columns that have no value, except in comparisons, where that is a finding; of many, without titles: the numbers tell them. */
function shownColumns(answer) {
  const isCited = answer.columns.length >= MANY && answer.rows.every((row) => row.citations.length);
  return answer.columns.map((_, column) => column).filter((column) =>
    (answer.kind === "comparison" || answer.rows.some((row) => row.cells[column])) && !(isCited && answer.columns[column] === "Source"));
}

const SHORT = 14;
const LONG = 60;
const UNBROKEN = /\S{30}/;

const line = (turn, row, columns) =>
  el("tr", {}, columns.map((column) => cell(row.cells[column])), el("td", { class: "numbers" }, sources(turn, row)));

/** A date or a number is not broken, and a sentence gets room; a path or an address may be broken anywhere, or it would push the other columns away. */
const cell = (text) => el("td", { class: UNBROKEN.test(text) ? "unbroken" : text.length <= SHORT ? "short" : text.length > LONG ? "long" : null }, text);

const sources = (turn, row) => [
  ...row.citations.map((citation) => citationButton(turn, citation, row.verdict)),
  row.verdict !== "supported" && el("span", { class: `verdict ${row.verdict}` }, VERDICTS[row.verdict].label),
];

/** Numbers by value, texts by the alphabet; empty cells last. */
function compare(one, other) {
  if (!one || !other) return Number(!one) - Number(!other);
  return one.localeCompare(other, "en", { numeric: true });
}

function timeline(turn, answer) {
  const event = (row) => {
    const [when, what, ...about] = row.cells;
    return el("li", {}, el("span", { class: "when" }, whole(when || "No date")),
      el("div", { class: "what" }, el("p", {}, what, " ", sources(turn, row)), about.some(Boolean) && el("p", { class: "quiet" }, about.filter(Boolean).join(" · "))));
  };
  return el("div", { class: "table" }, el("ol", { class: "timeline", "aria-label": `Timeline: ${answer.columns.join(", ")}` }, answer.rows.map(event)), copyButton(answer));
}

/** A date or the two ends of a period, broken between them only. */
const whole = (when) => when.split(" to ").flatMap((date, at) => [at ? " to " : "", el("span", { class: "date" }, date)]);

function copyButton(answer) {
  const titles = (row) => [...new Set(row.citations.map((citation) => citation.title))].join("; ");
  const lines = [[...answer.columns, "Sources"], ...answer.rows.map((row) => [...row.cells, titles(row)])].map((cells) => cells.map(oneLine));
  const label = el("span", {}, "Copy table");
  return button(el("span", { class: "labelled" }, icon("copy"), label), async () => {
    const html = el("table", {}, lines.map((cells, at) => el("tr", {}, cells.map((cell) => el(at ? "td" : "th", {}, cell))))).outerHTML;
    const done = await copy(lines.map((cells) => cells.join("\t")).join("\n"), html);
    announce(done ? "The table was copied" : "The browser did not permit copying");
    label.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => (label.textContent = "Copy table"), 2000);
  }, { class: "plain copy-table" });
}
