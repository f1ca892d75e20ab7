// Folders of the server's machine that the collection follows. Only that machine may see and change them.

import { get, query, send } from "../api.js";
import { ask } from "../dialogs.js";
import { announce, button, byId, count, el, sentence } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, on, state } from "../state.js";
import { shownView } from "../views/views.js";
import { collectionForFiles, pathOf } from "./collections.js";

const BUSY_MS = 700;
const QUIET_MS = 3000;
const parts = {};
let latest = 0;
let changes = null;
let shown = [];

/** Whether a document lies in a watched folder, which would add it again. */
export const isWatched = (uri) => shown.some((one) => uri.startsWith(`${one.folder}/`));

/** The section of the Documents page, and the button that begins it. */
export function watchedSection() {
  parts.list = el("ul", {});
  parts.section = el("section", { class: "watched", hidden: true, "aria-labelledby": "watched-title" }, el("h2", { id: "watched-title" }, "Watched folders"), parts.list);
  parts.begin = button("Watch a folder", () => guarded(addFolder), { class: "plain as-button", hidden: true });
  on("view", (name) => name === "documents" && guarded(follow));
  on("collection-changed", () => {
    changes = null;
    if (shownView() === "documents") guarded(follow);
  });
  return parts;
}

const path = () => `${pathOf()}/watched`;

/** Show the folders, and go on while the page is open. */
async function follow() {
  latest += 1;
  const mine = latest;
  if (!state.collection) {
    draw({ allowed: true, folders: [] });
    return;
  }
  for (;;) {
    const found = await get(path());
    if (mine !== latest) return;
    draw(found);
    if (!found.folders.length) return;
    const isBusy = found.folders.some((one) => ["indexing", "paused"].includes(one.state));
    await new Promise((resolve) => setTimeout(resolve, isBusy ? BUSY_MS : QUIET_MS));
    if (mine !== latest || shownView() !== "documents") return;
  }
}

function draw({ allowed, folders }) {
  shown = folders;
  parts.begin.hidden = !allowed;
  parts.section.hidden = !folders.length;
  // Only what has changed is drawn again: a focused button stays where it is.
  const known = new Map([...parts.list.children].map((item) => [item.dataset.folder, item]));
  for (const [name, item] of known) if (!folders.some((one) => one.folder === name)) item.remove();
  for (const one of folders) {
    const item = known.get(one.folder) || parts.list.appendChild(row(one.folder));
    item.querySelector(".state").replaceChildren(...told(one));
    item.dataset.state = one.state;
  }
  const sum = folders.reduce((n, one) => n + one.n_changes, 0);
  if (changes !== null && sum > changes) emit("documents-changed");
  changes = sum;
}

function row(folder) {
  return el("li", { "data-folder": folder }, el("span", { class: "name" }, folder), el("span", { class: "state" }),
    button("Stop watching", () => guarded(() => stop(folder)), { "aria-label": `Stop watching ${folder}` }));
}

function told(one) {
  const progress = one.total ? `${one.done.toLocaleString("en")} of ${count(one.total, "file")}` : "";
  const bar = one.total ? el("progress", { max: String(one.total), value: String(one.done), "aria-label": `Files of ${one.folder}` }) : "";
  const problem = one.message ? ` ${sentence(one.message)} ${sentence(one.remedy)}` : "";
  if (one.state === "indexing") return [bar, progress ? `Indexing, ${progress}` : "Looking for changes"];
  if (one.state === "paused") return [bar, `Paused while a question is answered${progress && `, ${progress}`}`];
  if (one.state === "gone") return ["The folder is not there. Its documents are kept, and it is watched again when it is back."];
  return [problem.trim() || "Watching"];
}

async function addFolder() {
  const added = await ask("Watch a folder", (done) => {
    const box = el("input", { type: "text", required: true, autocomplete: "off", spellcheck: "false", "aria-describedby": "folder-note folder-problem", placeholder: "/home/ada/documents" });
    const problem = el("p", { class: "bad", id: "folder-problem", role: "alert" });
    const form = el("form", { novalidate: true }, el("label", { class: "field" }, el("span", {}, "Folder on the machine on which Askive runs, as a full path"), box), problem,
      el("p", { class: "quiet", id: "folder-note" }, "Its files are indexed where they are, now and whenever they change while this chat runs. Questions go first."),
      el("div", { class: "row end" }, button("Cancel", () => done(null)), el("button", { type: "submit", class: "primary" }, "Watch")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await collectionForFiles();
        await send("POST", path(), { folder: box.value });
        done(box.value.trim());
      } catch (error) {
        problem.textContent = `${sentence(error.message)} ${sentence(error.remedy)}`;
        box.setAttribute("aria-invalid", "true");
        box.focus();
      }
    });
    return form;
  });
  if (added === null) return;
  announce(`${added} is watched`);
  changes = 0;
  await follow();
}

async function stop(folder) {
  draw(await send("DELETE", `${path()}?${query({ folder })}`));
  announce(`${folder} is no longer watched; its documents stay`);
  byId("documents-title").focus({ preventScroll: true });
}
