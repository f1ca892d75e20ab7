// The first page: what is in the collection, its documents over time, and questions that it can answer.

import { get, query, send } from "../api.js";
import { choose, pathOf } from "../documents/collections.js";
import { announce, button, byId, count, el, fileSize, sentence } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, MOST_CHOSEN, on, state } from "../state.js";
import { goTo } from "./views.js";
import { KINDS, startDownloads } from "./settings.js";

const MAX_LABELLED = 6;
let latest = 0;

export function startOverview() {
  const again = () => guarded(draw);
  on("collection-changed", again);
  on("documents-changed", again);
  on("models-arrived", again);
}

async function draw() {
  latest += 1;
  const mine = latest;
  const place = byId("welcome");
  if (state.missing.length) return place.replaceChildren(...models());
  if (!state.collection) return place.replaceChildren(...empty());
  const row = state.collections.find((one) => one.name === state.collection);
  if (row?.error) return place.replaceChildren(el("p", { class: "lead" }, "Ask your archive."), el("p", { class: "failure" }, row.error));
  const found = await get(`${pathOf()}/overview`);
  if (mine !== latest) return undefined;
  return place.replaceChildren(...(found.n_documents ? described(found) : noDocuments()));
}

const lead = (text) => el("p", { class: "lead" }, text);

/** Askive's own documents: a new user is told so, and how to begin with others. */
const sample = () =>
  el("p", { class: "sample" }, "These are sample documents that come with Askive. Drop your own files or folders anywhere on this page, or ",
    button("add documents", () => goTo("documents"), { class: "link" }), `; they go into the collection “${state.default}”.`);

function described(found) {
  return [
    lead("Ask your archive."),
    el("p", {}, found.sentences[0]),
    state.collection === state.sample && sample(),
    found.suggestions.length && el("div", { class: "examples" }, el("h2", {}, "Questions that it answers"), found.suggestions.map(({ question, kind }) => button(question, () => emit("ask", question, { kind }), { class: "example" }))),
    found.timeline.length > 1 && timeline(found.timeline),
    terms("Names", found.names),
    terms("Topics", found.topics),
    found.groups.length > 1 && el("section", {}, el("h2", {}, "By content"), el("ul", { class: "groups" }, found.groups.map(grouped))),
  ].filter(Boolean);
}

function grouped({ title, n_documents: n, typical }) {
  const choose = () => guarded(async () => {
    const documents = await get(`${pathOf()}/group?${query({ title })}`);
    emit("choose-documents", documents.slice(0, MOST_CHOSEN), { title, n });
    announce(`Only the ${count(n, "document")} of the group “${title}” will be looked at`);
    byId("question").focus();
  });
  return el("li", {}, el("span", {}, title), el("span", { class: "quiet" }, ` ${count(n, "document")}, such as “${typical}” `), button("Ask about these", choose, { class: "link", "aria-label": `Ask about the group ${title}` }));
}

function timeline(periods) {
  const most = Math.max(...periods.map((one) => one.n_documents));
  const isShort = periods.length <= MAX_LABELLED;
  const bar = ({ period, n_documents: n }) => {
    const line = el("span", { class: "bar" });
    line.style.height = `${(100 * n) / most}%`;
    return el("li", { title: `${period}: ${count(n, "document")}` }, el("span", { class: "hidden-label" }, `${period}: ${count(n, "document")}`), line);
  };
  const label = ({ period, n_documents: n }) => el("span", {}, isShort ? `${period} (${n})` : period);
  return el("section", { class: isShort ? "few-bars" : "" }, el("h2", {}, "Documents over time"), el("ol", { class: "bars" }, periods.map(bar)),
    el("p", { class: "bars-ends quiet", "aria-hidden": "true" }, (isShort ? periods : [periods[0], periods.at(-1)]).map(label)));
}

function terms(title, counts) {
  if (!counts.length) return null;
  return el("section", {}, el("h2", {}, title), el("p", { class: "terms" }, counts.map(({ label, n_documents: n }) =>
    button([label, el("span", { class: "quiet" }, ` ${n}`)], () => emit("search", label), { class: "term", title: `Search for ${label}, in ${count(n, "document")}` }))));
}

const empty = () => [
  lead("There are no documents yet."),
  el("p", {}, `Drop files or folders anywhere on this page. They go into the collection “${state.default}” on this machine.`),
  el("div", { class: "row" }, button("Add documents", () => goTo("documents"), { class: "primary" }),
    button("Try it with ten sample news briefs", () => guarded(async () => choose((await send("POST", "sample")).name)))),
];

const noDocuments = () => [
  lead("This collection is empty."),
  el("p", {}, "Drop files or folders anywhere on this page."),
  el("div", { class: "row" }, button("Add documents", () => goTo("documents"), { class: "primary" })),
];

function models() {
  const total = state.missing.reduce((sum, model) => sum + model.size, 0);
  const hosts = [...new Set(state.missing.flatMap((model) => model.hosts))].join(" or ");
  return [
    lead("Two steps to the first answer."),
    el("p", {}, `Askive needs ${count(state.missing.length, "model")} on this machine: ${fileSize(total)}, once, from ${hosts}. Your documents and questions stay here.`),
    el("ul", { class: "models-needed", id: "models-needed" }, state.missing.map((model) =>
      el("li", {}, el("span", {}, `${KINDS[model.kind]}: ${model.name}, ${fileSize(model.size)}`), model.download && el("progress", { max: String(model.download.total), value: String(model.download.done), "aria-label": model.name }),
        model.download && el("span", { class: "quiet" }, `${fileSize(model.download.done)} of ${fileSize(model.download.total)}`), model.failure && el("p", { class: "failure" }, `${sentence(model.failure.message)} ${sentence(model.failure.remedy)}`)))),
    el("div", { class: "row" }, !state.missing.some((model) => model.download) && button("Download", () => guarded(() => startDownloads(state.missing.map((model) => model.id))), { class: "primary" })),
  ];
}
