// The notebook: pinned quotations and answers, with notes, in an order of one's own; exports.

import { byline, text as answerText } from "../answer.js";
import { get, send } from "../api.js";
import { announce, button, byId, count, el, icon, oneLine } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, on } from "../state.js";
import { rows } from "../tables.js";
import { shownView } from "./views.js";

const FORMS = [["markdown", "Markdown"], ["html", "HTML"], ["docx", "Word"], ["csl", "CSL JSON"], ["bibtex", "BibTeX"]];
const parts = {};
let notes = [];

export function startNotebook() {
  parts.list = el("ol", { class: "notes" });
  parts.empty = el("p", { class: "quiet" }, "Nothing is pinned yet. “Pin” stands under each answer, and beside each quotation when its source is open.");
  parts.exports = el("p", { class: "quiet", hidden: true }, "Export as ", FORMS.flatMap(([form, label], at) => [at ? (at === FORMS.length - 1 ? " or " : ", ") : "", el("a", { href: `/chat/notebook/export?form=${form}` }, label)]));
  byId("view-notebook").replaceChildren(el("h1", { id: "notebook-title", tabindex: "-1" }, "Notebook"), parts.exports, parts.empty, parts.list);
  on("view", (name) => name === "notebook" && guarded(load));
  on("notebook-changed", () => shownView() === "notebook" && guarded(load));
  on("quotes-deleted", () => shownView() === "notebook" && guarded(load));
}

async function load() {
  draw(await get("notebook"));
}

function draw(found) {
  notes = found;
  parts.empty.hidden = notes.length > 0;
  parts.exports.hidden = !notes.length;
  parts.list.replaceChildren(...notes.map(item));
}

function item(note, at) {
  const name = note.kind === "answer" ? note.content.question : note.content.title;
  const move = (by) => guarded(async () => {
    const ids = notes.map((one) => one.note_id);
    [ids[at], ids[at + by]] = [ids[at + by], ids[at]];
    draw(await send("PUT", "notebook", { note_ids: ids }));
    announce(`Moved to place ${at + by + 1} of ${notes.length}`);
    parts.list.children[at + by].querySelector(`[data-move="${by}"]:enabled, [data-move]:enabled`)?.focus();
  });
  return el("li", { class: "note" }, note.kind === "answer" ? answer(note) : quotation(note), comment(note),
    el("div", { class: "note-actions" },
      button(icon("up"), () => move(-1), { "aria-label": `Move up: ${name}`, disabled: at === 0, "data-move": "-1" }),
      button(icon("down"), () => move(1), { "aria-label": `Move down: ${name}`, disabled: at === notes.length - 1, "data-move": "1" }),
      button("Remove", () => guarded(async () => {
        await send("DELETE", `notebook/${note.note_id}`);
        announce("Removed from the notebook");
        await load();
      }), { "aria-label": `Remove: ${name}` })));
}

const turnOf = (note) => ({ asked: { collection: note.collection }, answer: note.kind === "answer" ? note.content.answer : null, element: null });

function answer(note) {
  const { question, answer: view } = note.content;
  const turn = turnOf(note);
  const n = new Set(view.sentences.flatMap((one) => one.citations.map((citation) => citation.uri))).size;
  return el("div", {}, el("h2", {}, question), view.sentences.length ? answerText(turn, view) : el("p", {}, view.text), rows(turn, view), n > 0 && el("p", { class: "quiet" }, count(n, "source")));
}

function quotation(note) {
  const view = note.content;
  return el("div", {}, el("blockquote", {}, oneLine(view.quote)),
    button([view.title, el("span", { class: "quiet" }, ` ${byline(view)}`)], (event) => emit("open-source", turnOf(note), view, event.currentTarget), { class: "link" }));
}

/** Markdown, shown as such; a click edits it. */
function comment(note) {
  const place = el("div", { class: "comment" });
  const show = () => {
    const shown = el("div", { class: "rendered" });
    // Sanitised by the server: see rendering.py.
    shown.innerHTML = note.comment_html;
    place.replaceChildren(shown, button(note.comment ? "Edit the note" : "Add a note", edit));
  };
  const edit = () => {
    const box = el("textarea", { rows: "3", "aria-label": "Note, in Markdown", maxlength: "20000" });
    box.value = note.comment;
    const save = button("Save", () => guarded(async () => {
      Object.assign(note, await send("PUT", `notebook/${note.note_id}`, { text: box.value }));
      show();
      place.querySelector("button").focus();
    }), { class: "primary" });
    place.replaceChildren(box, el("div", { class: "row" }, save, button("Cancel", show)));
    box.focus();
  };
  show();
  return place;
}
