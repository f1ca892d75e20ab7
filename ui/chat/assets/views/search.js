// Search without a model: every mention of a text, opened at its place.

import { byline } from "../answer.js";
import { get, query } from "../api.js";
import { pathOf } from "../documents/collections.js";
import { button, byId, count, el } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, on, state } from "../state.js";
import { goTo } from "./views.js";

const ABOUT = "Finds every mention in the collection, also in other forms of the words. No model is used.";
const parts = {};
let latest = 0;

export function startSearch() {
  parts.text = el("input", { type: "search", id: "search-text", required: true, placeholder: "A word, a name or a phrase", "aria-label": "Search for", autocomplete: "off" });
  parts.after = el("input", { type: "date" });
  parts.before = el("input", { type: "date" });
  parts.publisher = el("select", {}, el("option", { value: "" }, "Any"));
  parts.found = el("div", { class: "found" });
  parts.summary = el("p", { class: "quiet", role: "status" }, ABOUT);
  const form = el("form", { class: "search-form" }, parts.text, el("button", { type: "submit", class: "primary" }, "Search"),
    el("div", { class: "row" }, el("label", {}, "From ", parts.after), el("label", {}, "Until ", parts.before), el("label", {}, "Publisher ", parts.publisher)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(search);
  });
  byId("view-search").replaceChildren(el("h1", { id: "search-title", tabindex: "-1" }, "Search"), form, parts.summary, parts.found);
  on("view", (name) => name === "search" && guarded(listPublishers));
  on("collection-changed", () => {
    parts.found.replaceChildren();
    parts.summary.textContent = ABOUT;
    guarded(listPublishers);
  });
  on("search", (text) => {
    goTo("search");
    parts.text.value = text;
    guarded(search);
  });
}

async function listPublishers() {
  const { publishers, first, last } = state.collection && !state.missing.length ? await get(`${pathOf()}/filters`) : { publishers: [] };
  const chosen = parts.publisher.value;
  parts.publisher.replaceChildren(el("option", { value: "" }, "Any"), ...publishers.map((name) => el("option", { value: name }, name)));
  parts.publisher.value = publishers.includes(chosen) ? chosen : "";
  for (const box of [parts.after, parts.before]) Object.assign(box, { min: first || "", max: last || "" });
}

async function search() {
  const text = parts.text.value.trim();
  if (!text) return;
  if (!state.collection) {
    parts.summary.textContent = "There are no documents to search yet. Drop files anywhere on this page.";
    return;
  }
  latest += 1;
  const mine = latest;
  parts.summary.textContent = "Searching…";
  const found = await get(`${pathOf()}/search?${query({ text, after: parts.after.value, before: parts.before.value, publisher: parts.publisher.value })}`).catch((error) => {
    parts.summary.textContent = "";
    parts.found.replaceChildren();
    throw error;
  });
  if (mine !== latest) return;
  const also = found.aliases.length ? ` Counted as the same, because the documents say so: ${found.aliases.join(", ")}.` : "";
  const only = found.documents.length < found.n_documents ? ` The first ${found.documents.length} are listed.` : "";
  const isFiltered = parts.after.value || parts.before.value || parts.publisher.value;
  parts.summary.textContent = found.n_documents
    ? `${told(found)}.${also}${only}`
    : `No document mentions “${found.text}”. Try ${/\s/.test(found.text) ? "fewer" : "other"} words${isFiltered ? ", or take the filters away" : ""}.`;
  parts.found.replaceChildren(...found.documents.map(documentFound));
}

function told({ text, n_documents: n, n_in_title: nInTitle, n_mentions: nMentions }) {
  if (nInTitle === n) return `“${text}” is in the title of ${count(n, "document")}`;
  const more = nInTitle ? `, and in the title of ${nInTitle.toLocaleString("en")} more` : "";
  return `${count(nMentions, "mention")} of “${text}” in ${count(n - nInTitle, "document")}${more}`;
}

function documentFound(view) {
  const more = view.n - view.places.length;
  return el("article", { class: "found-document" }, el("h2", {}, button(view.title, (event) => emit("open-document", view, event.currentTarget), { class: "link" })), el("p", { class: "quiet" }, [byline(view), view.n ? count(view.n, "mention") : "in its title"].filter(Boolean).join(" · ")),
    el("ul", {}, view.places.map((place) =>
      el("li", {}, button([place.before, el("mark", {}, place.text), place.after, place.page ? el("span", { class: "quiet" }, ` p. ${place.page}`) : ""], (event) =>
        emit("open-document", { ...view, start: place.start, end: place.end, quote: place.text, page: place.page }, event.currentTarget), { class: "place" })))),
    more > 0 && button(`Open the document to see ${count(more, "more mention", "more mentions")}`, (event) => emit("open-document", { ...view, find: parts.text.value.trim() }, event.currentTarget), { class: "link" }));
}
