// Collections: choose, create, rename, delete.

import { get, query, send } from "../api.js";
import { choiceDialog, nameDialog } from "../dialogs.js";
import { announce, byId, count, el } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, kept, on, state } from "../state.js";

export const pathOf = (name = state.collection) => `collections/${encodeURIComponent(name)}`;

export function startCollections() {
  byId("collection").addEventListener("change", () => guarded(() => choose(byId("collection").value)));
  on("documents-changed", () => guarded(listCollections));
}

/** Use a collection; the tab keeps it over a reload. */
export async function choose(name) {
  state.collection = name;
  await listCollections();
  kept.set("collection", state.collection);
  emit("collection-changed");
}

export async function listCollections() {
  const found = await get("collections");
  state.collections = found;
  if (!found.some((row) => row.name === state.collection)) state.collection = found[0]?.name || "";
  byId("collection").replaceChildren(...found.map((row) => el("option", { value: row.name }, `${row.name} (${row.error ? "cannot be read" : row.n_documents.toLocaleString("en")})`)));
  byId("collection").value = state.collection;
  byId("collection").parentElement.hidden = !found.length;
}

/** The collection for new files: the current one, but not the sample, which is Askive's own. It is created if needed. */
export async function collectionForFiles() {
  if (state.collection && state.collection !== state.sample) return state.collection;
  if (!state.collections.some((row) => row.name === state.default)) await send("POST", "collections", { name: state.default });
  await choose(state.default);
  return state.default;
}

export async function createCollection() {
  const name = await nameDialog("New collection", "Name (letters, digits, dots, dashes)");
  if (name !== null) await choose((await send("POST", "collections", { name })).name);
}

export async function renameCollection() {
  const name = await nameDialog("Rename the collection", "New name", state.collection);
  if (name !== null && name !== state.collection) await choose((await send("PATCH", pathOf(), { name })).name);
}

export async function deleteCollection() {
  const n = state.collections.find((row) => row.name === state.collection)?.n_documents || 0;
  const text = `“${state.collection}” will be deleted, with its ${count(n, "document")} and the files that were added here. Files outside Askive are untouched.`;
  const quotes = await choiceDialog("Delete the collection?", text, await quotesChoice(), "Delete for good");
  if (quotes === null) return;
  const reply = await send("DELETE", `${pathOf()}?${query({ with_quotes: quotes })}`);
  announce(`${reply.deleted} was deleted`);
  await choose(reply.next);
  if (quotes) emit("quotes-deleted");
}

/** isWatched: whether it lies in a watched folder. */
export async function removeDocument(view, isWatched) {
  const text = `“${view.title}” will be removed from “${state.collection}” with everything derived from it. Files outside Askive are untouched.${isWatched ? " It lies in a watched folder, which adds it again at its next change: delete the file, or name it in an .askiveignore there." : ""}`;
  const quotes = await choiceDialog("Remove the document?", text, await quotesChoice({ uri: view.uri }), "Remove");
  if (quotes === null) return;
  await send("DELETE", `${pathOf()}/documents?${query({ uri: view.uri, with_quotes: quotes })}`);
  announce("The document was removed");
  emit("document-removed", view.uri);
  emit("documents-changed");
  if (quotes) emit("quotes-deleted");
}

/** The choice to delete what quotes a document or the collection too; null when nothing does. */
async function quotesChoice(what = {}) {
  const counts = Object.entries(await get(`${pathOf()}/quotes?${query(what)}`));
  return counts.length ? `Also delete what quotes it: ${counts.map(([name, n]) => `${name} (${n})`).join(", ")}` : null;
}
