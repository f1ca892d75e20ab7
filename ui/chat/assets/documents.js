// The Documents page: what is in the collection, sorted, filtered, chosen; add, open, remove.

import { get, query, send } from "./api.js";
import { createCollection, deleteCollection, pathOf, removeDocument, renameCollection } from "./documents/collections.js";
import { add } from "./documents/uploads.js";
import { isWatched, watchedSection } from "./documents/watched.js";
import { announce, button, byId, count, el, fileSize, sentence } from "./dom.js";
import { guarded } from "./problems.js";
import { emit, MOST_CHOSEN, on, state } from "./state.js";
import { goTo, shownView } from "./views/views.js";

const COLUMNS = [["title", "Title"], ["type", "Type"], ["size", "Size"], ["pages", "Pages"], ["published", "Date"], ["publisher", "Publisher"], ["state", "State"]];
// What people call the kinds of files; others are shown by their ending.
const TYPES = { CSV: "Table (CSV)", DOCX: "Word", EML: "Mail", EPUB: "Book", HTM: "Web page", HTML: "Web page", ICS: "Calendar", IPYNB: "Notebook", JPG: "Picture", LOG: "Log", MBOX: "Mailbox", MD: "Markdown", MHTML: "Web page", MSG: "Mail", ODP: "Slides", ODS: "Spreadsheet", ODT: "Text (ODT)", PNG: "Picture", PPTX: "Slides", RTF: "Text (RTF)", SRT: "Captions", TIFF: "Picture", TXT: "Text", VCF: "Address", VTT: "Captions", XLSX: "Spreadsheet" };
const PART = 200;
const wanted = { search: "", type: "", state: "", publisher: "", sort: "title", descending: false };
const parts = {};
let listed = 0;
let latest = 0;

export function startDocuments() {
  build();
  const draw = () => shownView() === "documents" && guarded(() => list());
  on("view", draw);
  on("collection-changed", () => {
    Object.assign(wanted, { search: "", type: "", state: "", publisher: "" });
    parts.search.value = "";
    draw();
  });
  on("documents-changed", draw);
  on("filters-changed", markChosen);
  on("open-documents", () => goTo("documents"));
}

function build() {
  parts.title = el("h1", { id: "documents-title", tabindex: "-1" }, "Documents");
  parts.files = el("input", { type: "file", multiple: true, id: "files", class: "hidden-label" });
  parts.folder = el("input", { type: "file", webkitdirectory: true, id: "folder", class: "hidden-label" });
  for (const input of [parts.files, parts.folder])
    input.addEventListener("change", () => {
      add([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
      input.value = "";
    });
  parts.search = el("input", { type: "search", placeholder: "Find by title, publisher or file name", "aria-label": "Find a document", autocomplete: "off" });
  parts.search.addEventListener("input", () => change({ search: parts.search.value }));
  parts.type = choice("Type", (value) => change({ type: value }));
  parts.state = choice("State", (value) => change({ state: value }));
  parts.publisher = choice("Publisher", (value) => change({ publisher: value }));
  parts.chosen = el("p", { class: "chosen", hidden: true });
  parts.all = el("input", { type: "checkbox", "aria-label": "Choose all listed documents" });
  parts.all.addEventListener("change", () => guarded(chooseAll));
  parts.heads = COLUMNS.map(([key, label]) => el("th", { scope: "col", "data-key": key }, button(label, () => sort(key), { class: "sort" })));
  parts.rows = el("tbody");
  parts.count = el("p", { class: "quiet", role: "status" });
  parts.more = button("Show more", () => guarded(() => list(listed)), { hidden: true });
  parts.unread = el("details", { class: "unread", hidden: true });
  parts.table = el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "List of documents" },
    el("table", { class: "documents" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, parts.all), parts.heads, el("th", { scope: "col" }, el("span", { class: "hidden-label" }, "Actions")))), parts.rows));
  const work = (done) => () => guarded(done);
  const watched = watchedSection();
  parts.manage = el("span", { class: "row" }, button("Rename", work(renameCollection)), button("Delete collection", work(deleteCollection), { class: "plain danger-text" }));
  byId("view-documents").replaceChildren(
    el("div", { class: "page-head" }, parts.title,
      el("div", { class: "row" }, button("New collection", work(createCollection)), parts.manage)),
    el("div", { class: "row add-files" }, parts.files, el("label", { class: "plain as-button", for: "files" }, "Add files"), parts.folder, el("label", { class: "plain as-button", for: "folder" }, "Add a folder"), watched.begin, el("span", { class: "quiet" }, "or drop files anywhere on this page")),
    watched.section,
    el("div", { class: "row filters-row" }, parts.search, parts.type, parts.state, parts.publisher),
    parts.chosen, parts.count, parts.table, parts.more, parts.unread);
}

function choice(label, changed) {
  const select = el("select", {});
  select.addEventListener("change", () => changed(select.value));
  return el("label", {}, `${label} `, select);
}

const typeName = (type) => TYPES[type] || type;

/** label: of an option, from its value. */
function fill(part, options, value, label = (name) => name) {
  const select = part.querySelector("select");
  select.replaceChildren(el("option", { value: "" }, "Any"), ...options.map(({ name, n }) => el("option", { value: name }, n ? `${label(name)} (${n})` : label(name))));
  select.value = value;
}

function change(values) {
  Object.assign(wanted, values);
  guarded(() => list());
}

function sort(key) {
  change({ sort: key, descending: wanted.sort === key && !wanted.descending });
}

/** first: 0 draws the list anew, otherwise the next part is added. */
async function list(first = 0) {
  parts.manage.hidden = !state.collection;
  parts.title.textContent = state.collection ? `Documents in “${state.collection}”` : "Documents";
  latest += 1;
  const mine = latest;
  const isReady = state.collection && !state.missing.length;
  const found = isReady ? await get(`${pathOf()}/documents?${query({ ...wanted, first, n: PART })}`) : { documents: [], n_documents: 0, types: [], publishers: [] };
  if (mine !== latest) return;
  fill(parts.type, found.types, wanted.type, typeName);
  fill(parts.publisher, found.publishers, wanted.publisher);
  fill(parts.state, [{ name: "read" }, { name: "in part" }], wanted.state);
  const rows = found.documents.map(row);
  if (first) parts.rows.append(...rows);
  else parts.rows.replaceChildren(...rows);
  listed = first + rows.length;
  parts.heads.forEach((head) => head.setAttribute("aria-sort", head.dataset.key === wanted.sort ? (wanted.descending ? "descending" : "ascending") : "none"));
  const isFiltered = wanted.search || wanted.type || wanted.state || wanted.publisher;
  const told = found.n_documents ? `${count(found.n_documents, "document")}${listed < found.n_documents ? `, the first ${listed} listed` : ""}` : isFiltered ? "Nothing found. Change the filters above." : "No documents yet. Add files or drop them here.";
  // Below a long list nobody would see them.
  const toUnread = found.n_unread && found.n_documents && button(`${count(found.n_unread, "file was", "files were")} not read`, showUnread, { class: "link" });
  parts.count.replaceChildren(told, ...(toUnread ? [" · ", toUnread] : []));
  parts.table.hidden = !found.n_documents;
  parts.more.hidden = listed >= found.n_documents;
  drawUnread(found);
  markChosen();
}

function row(view) {
  const box = el("input", { type: "checkbox", "aria-label": `Choose: ${view.title}`, value: view.uri });
  box.addEventListener("change", () => {
    const others = state.filters.documents.filter((one) => one.uri !== view.uri);
    emit("choose-documents", box.checked ? [...others, { uri: view.uri, title: view.title }] : others);
  });
  const where = query({ collection: state.collection, uri: view.uri });
  return el("tr", {}, el("td", {}, box),
    el("td", { class: "name" }, button(view.title, (event) => emit("open-document", view, event.currentTarget), { class: "link" }), el("span", { class: "quiet" }, view.file)),
    el("td", { title: view.type }, typeName(view.type)), el("td", { class: "number" }, fileSize(view.size)), el("td", { class: "number" }, view.pages || ""),
    el("td", {}, view.published || ""), el("td", {}, view.publisher || ""),
    el("td", {}, view.state === "in part" ? el("details", {}, el("summary", {}, "Read in part"), view.not_read.join("; ")) : "Read"),
    el("td", { class: "row-buttons" }, view.has_original && el("a", { href: `/chat/source/original?${where}`, "aria-label": `Original file: ${view.title}` }, "Original"),
      button("Remove", () => guarded(() => removeDocument(view, isWatched(view.uri))), { "aria-label": `Remove: ${view.title}` })));
}

const REASONS = { failed: "Could not be read", empty: "Has no text", unsupported: "This kind of file is not read", ignored: "Left out by a rule", hidden: "Hidden", link: "A link, not followed", unlistable: "A folder that cannot be listed", missing: "Gone; its document was kept" };

/** Files that were not read, and why. */
function drawUnread({ unread = [], n_unread: n = 0 }) {
  parts.unread.hidden = !n;
  const record = (file) => `${pathOf()}/unread?${query({ uri: file.uri })}`;
  const again = (file, pressed) => guarded(async () => {
    pressed.textContent = "Reading…";
    const outcome = await send("POST", record(file)).finally(() => (pressed.textContent = "Retry"));
    announce(outcome.step === "done" ? `${file.file} was read` : `${sentence(outcome.message)} ${sentence(outcome.remedy)}`);
    emit("documents-changed");
  });
  const dismiss = (file) => guarded(async () => {
    await send("DELETE", record(file));
    announce(`${file.file} was taken off the list`);
    emit("documents-changed");
  });
  const item = (file) =>
    el("li", {}, el("span", { class: "name" }, file.file), el("span", { class: "quiet" }, file.message ? `${sentence(file.message)} ${sentence(file.remedy)}` : `${REASONS[file.reason]}.`),
      el("span", { class: "end" }, file.can_retry && button("Retry", (event) => again(file, event.currentTarget), { "aria-label": `Retry: ${file.file}` }),
        button("Dismiss", () => dismiss(file), { "aria-label": `Dismiss: ${file.file}`, title: "Take it off this list" })));
  parts.unread.replaceChildren(el("summary", {}, `${count(n, "file was", "files were")} not read`), el("ul", {}, unread.map(item)),
    unread.length < n ? el("p", { class: "quiet" }, `The first ${unread.length} are listed; “askive status” lists all.`) : "");
}

function showUnread() {
  parts.unread.open = true;
  parts.unread.scrollIntoView({ block: "nearest" });
  parts.unread.querySelector("summary").focus({ preventScroll: true });
}

/** Choose what the search and the filters above admit, also what is not listed yet, or none of it. */
async function chooseAll() {
  const isChosen = parts.all.checked;
  const found = [];
  for (let n = 1; found.length < Math.min(n, MOST_CHOSEN); ) {
    const part = await get(`${pathOf()}/documents?${query({ ...wanted, first: found.length, n: PART })}`);
    found.push(...part.documents);
    n = part.documents.length ? part.n_documents : 0;
  }
  const uris = new Set(found.map((one) => one.uri));
  const others = state.filters.documents.filter((one) => !uris.has(one.uri));
  emit("choose-documents", isChosen ? [...others, ...found.slice(0, MOST_CHOSEN).map(({ uri, title }) => ({ uri, title }))] : others);
}

/** The ticks, and what can be done with the chosen documents. */
function markChosen() {
  const { documents } = state.filters;
  const chosen = new Set(documents.map((one) => one.uri));
  const boxes = [...parts.rows.querySelectorAll("input[type=checkbox]")];
  for (const box of boxes) box.checked = chosen.has(box.value);
  parts.all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
  parts.all.indeterminate = !parts.all.checked && boxes.some((box) => box.checked);
  parts.chosen.hidden = !documents.length;
  const askAbout = button(`Ask about ${documents.length === 1 ? "this document" : `these ${documents.length} documents`}`, () => {
    goTo("chat");
    byId("question").focus();
  }, { class: "primary" });
  parts.chosen.replaceChildren(`${count(documents.length, "document")} chosen. `, askAbout, button("Choose none", () => emit("choose-documents", [])));
}
