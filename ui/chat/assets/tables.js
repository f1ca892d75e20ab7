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
  // A side of a comparison that says nothing is a finding; any other column without a value only takes room.
  const shown = answer.columns.map((_, column) => column).filter((column) => answer.kind === "comparison" || answer.rows.some((row) => row.cells[column]));
  const heads = shown.map((column) => el("th", { scope: "col", "data-column": column }, button(answer.columns[column], () => sort(column), { class: "sort" })));
  let sorted = null;
  const draw = (rows) => body.replaceChildren(...rows.map((row) => line(turn, row, shown)));
  const sort = (column) => {
    const down = sorted?.column === column && !sorted.down;
    sorted = { column, down };
    const by = (row) => row.cells[column];
    draw([...answer.rows].sort((a, b) => compare(by(a), by(b)) * (down ? -1 : 1)));
    heads.forEach((head) => head.setAttribute("aria-sort", Number(head.dataset.column) === column ? (down ? "descending" : "ascending") : "none"));
    announce(`Sorted by ${answer.columns[column]}, ${down ? "descending" : "ascending"}`);
  };
  draw(answer.rows);
  const made = el("div", { class: "rows", tabindex: "0", role: "region", "aria-label": `Table: ${answer.answered_as}` },
    el("table", {}, el("thead", {}, el("tr", {}, heads, el("th", { scope: "col" }, "Sources"))), body));
  return el("div", { class: "table" }, made, copyButton(answer));
}

const line = (turn, row, shown) =>
  el("tr", {}, shown.map((column) => el("td", {}, row.cells[column])), el("td", { class: "numbers" }, sources(turn, row)));

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
