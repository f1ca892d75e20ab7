// Collections and their documents: choose, create, rename, delete, add, remove.

import { byline } from "./answer.js";
import { get, query, send, upload } from "./api.js";
import { choiceDialog, nameDialog, notify } from "./dialogs.js";
import { announce, button, byId, capital, el } from "./dom.js";
import { emit, on, state } from "./state.js";

const path = (name = state.collection) => `collections/${encodeURIComponent(name)}`;
const queue = [];
let working = false;

export function startDocuments() {
  byId("open-documents").addEventListener("click", open);
  byId("collection").addEventListener("change", () => choose(byId("collection").value));
  on("open-documents", open);
  byId("documents").addEventListener("close", () => byId("open-documents").focus());
}

export async function choose(name) {
  state.collection = name;
  await listCollections();
  emit("collection-changed");
  if (byId("documents").open) await list();
}

export async function listCollections() {
  const found = await get("collections");
  if (!found.some((row) => row.name === state.collection)) state.collection = found[0]?.name || "";
  byId("collection").replaceChildren(...found.map((row) => el("option", { value: row.name }, `${row.name} (${row.error ? "cannot be read" : row.n_documents})`)));
  byId("collection").value = state.collection;
}

const parts = {};

async function open() {
  const dialog = byId("documents");
  parts.list = el("ul", { class: "documents" });
  parts.uploads = el("ul", { class: "uploads", "aria-live": "polite" });
  parts.files = el("input", { type: "file", multiple: true, id: "files", class: "hidden-label" });
  parts.folder = el("input", { type: "file", webkitdirectory: true, id: "folder", class: "hidden-label" });
  parts.find = el("input", { type: "search", placeholder: "Find a document", "aria-label": "Find a document", autocomplete: "off" });
  parts.find.addEventListener("input", list);
  for (const input of [parts.files, parts.folder])
    input.addEventListener("change", () => {
      add([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
      input.value = "";
    });
  const drop = el("div", { class: "drop" },
    el("p", {}, "Drop files or a folder here"),
    el("div", { class: "row" }, parts.files, el("label", { class: "plain as-button", for: "files" }, "Choose files"), parts.folder, el("label", { class: "plain as-button", for: "folder" }, "Choose a folder")));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add(await droppedFiles(event.dataTransfer));
  });
  parts.title = el("h2", { id: "documents-title" });
  dialog.replaceChildren(
    el("div", { class: "dialog-head" }, parts.title, button("Close", () => dialog.close(), { class: "plain end" })),
    el("div", { class: "row" },
      button("New collection", create), button("Rename", rename), button("Delete collection", remove, { class: "plain danger-text" })),
    drop, parts.uploads, parts.find, parts.list);
  dialog.showModal();
  await list();
}

let asked = 0;

async function list() {
  parts.title.textContent = state.collection ? `Documents in “${state.collection}”` : "Documents";
  asked += 1;
  const mine = asked;
  const search = parts.find.value;
  const { documents, n_documents: n } = state.collection ? await get(`${path()}/documents?${query({ search })}`) : { documents: [], n_documents: 0 };
  if (mine !== asked) return;
  parts.find.hidden = n < 8 && !search;
  parts.list.replaceChildren(...documents.map((view) =>
    el("li", {}, el("span", { class: "name" }, view.title, el("span", { class: "quiet" }, byline(view) || view.uri)),
      button("Remove", () => removeDocument(view), { "aria-label": `Remove: ${view.title}` }))));
  if (!n) parts.list.replaceChildren(el("li", { class: "quiet" }, search ? "Nothing found." : "No documents yet."));
  else if (n > documents.length) parts.list.append(el("li", { class: "quiet" }, `and ${n - documents.length} more: type to search`));
}

async function removeDocument(view) {
  await withErrorDialog(async () => {
    const text = `“${view.title}” will be removed from “${state.collection}” with everything derived from it. Files outside Askive are untouched.`;
    const quotes = await choiceDialog("Remove the document?", text, await quotesChoice({ uri: view.uri }), "Remove");
    if (quotes === null) return;
    await send("DELETE", `${path()}/documents?${query({ uri: view.uri, with_quotes: quotes })}`);
    await changed();
    if (quotes) emit("quotes-deleted");
  });
}

/** The choice to delete what quotes a document or the collection too; null when nothing does. */
async function quotesChoice(what = {}) {
  const counts = Object.entries(await get(`${path()}/quotes?${query(what)}`));
  return counts.length ? `Also delete what quotes it: ${counts.map(([name, n]) => `${name} (${n})`).join(", ")}` : null;
}

async function create() {
  const name = await nameDialog("New collection", "Name (letters, digits, dots, dashes)");
  if (name === null) return;
  await withErrorDialog(async () => choose((await send("POST", "collections", { name })).name));
}

async function rename() {
  const name = await nameDialog("Rename the collection", "New name", state.collection);
  if (name === null || name === state.collection) return;
  await withErrorDialog(async () => choose((await send("PATCH", path(), { name })).name));
}

async function remove() {
  await withErrorDialog(async () => {
    const text = `“${state.collection}” will be deleted with the files that were added here. Files outside Askive are untouched.`;
    const quotes = await choiceDialog("Delete the collection?", text, await quotesChoice(), "Delete for good");
    if (quotes === null) return;
    const reply = await send("DELETE", `${path()}?${query({ with_quotes: quotes })}`);
    announce(`${reply.deleted} was deleted`);
    await choose(reply.next);
    if (quotes) emit("quotes-deleted");
  });
}

async function withErrorDialog(work) {
  try {
    await work();
  } catch (error) {
    await notify("Something went wrong", `${error.message}. ${error.remedy}`);
  }
}

async function changed() {
  await listCollections();
  emit("documents-changed");
  if (byId("documents").open) await list();
}

async function droppedFiles(transfer) {
  const found = [];
  const walk = async (entry, prefix) => {
    if (entry.isFile) found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), name: prefix + entry.name });
    else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) break;
        for (const child of some) await walk(child, `${prefix}${entry.name}/`);
      }
    }
  };
  // Both lists are empty after the event, so copy them before the first await.
  const files = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  for (const entry of entries) await walk(entry, "");
  return entries.length ? found : files.map((file) => ({ file, name: file.name }));
}

function add(files) {
  if (!state.collection) return notify("No collection", "Create a collection first.");
  for (const { file, name } of files) {
    if (name.split("/").some((part) => part.startsWith("."))) continue;
    const status = el("span", { class: "quiet" }, "Waiting");
    const bar = el("progress", { max: "1", value: "0", "aria-label": name });
    const row = el("li", {}, el("span", { class: "name" }, name), bar, status);
    parts.uploads.append(row);
    queue.push({ file, name, collection: state.collection, row, status, bar });
  }
  if (!working) work();
}

async function work() {
  working = true;
  for (let job = queue.shift(); job; job = queue.shift()) {
    await put(job);
    await changed();
  }
  working = false;
}

async function put(job) {
  const { row, status, bar } = job;
  row.className = "";
  try {
    await upload(job.collection, job.file, job.name, (step) => {
      if (step.step === "reading") status.textContent = "Reading";
      else if (step.step === "indexing") {
        bar.value = step.total ? step.done / step.total : 0;
        status.textContent = `${step.done} of ${step.total} passages`;
      } else if (step.step === "done") {
        bar.value = 1;
        status.textContent = step.unchanged ? "Already there" : step.n_passages === 1 ? "Added, 1 passage" : `Added, ${step.n_passages} passages`;
        row.className = "done";
      } else failed(job, step);
    });
  } catch (error) {
    failed(job, error);
  }
}

function failed(job, { message, remedy }) {
  job.row.className = "failed";
  const again = button("Retry", () => {
    again.remove();
    job.status.textContent = "Waiting";
    queue.push(job);
    if (!working) work();
  }, { "aria-label": `Retry: ${job.name}` });
  job.status.textContent = `Failed: ${message}. ${capital(remedy)}`;
  job.row.append(again);
}
