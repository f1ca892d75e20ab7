// "#title" in the question: choose a document by typing the beginning of its title.

import { get, query } from "../api.js";
import { announce, byId, count, el } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, on, state } from "../state.js";
import { pathOf } from "./collections.js";

const MAX_LISTED = 6;
// "#", then the words typed so far, up to the end of the text.
const TYPED = /(?:^|\s)#([^#\n]{0,60})$/;
let latest = 0;
let chosen = 0;
// The words that the list is of, and whether one for other words is on its way: who types fast is ahead of it.
let listed = null;
let isWaiting = false;

export function startTitles() {
  const box = byId("question");
  box.setAttribute("aria-controls", "titles");
  box.addEventListener("input", () => guarded(suggest));
  box.addEventListener("blur", () => setTimeout(close, 150));
  // Before the composer, which sends the question at Enter.
  box.addEventListener("keydown", keys, { capture: true });
  on("conversation-changed", close);
}

const typed = () => byId("question").value.match(TYPED)?.[1];

async function suggest() {
  const search = typed();
  if (search === undefined || !state.collection || state.missing.length) return close();
  latest += 1;
  const mine = latest;
  isWaiting = true;
  const { documents } = await get(`${pathOf()}/documents?${query({ search, n: MAX_LISTED })}`);
  if (mine !== latest || typed() === undefined) return undefined;
  isWaiting = false;
  if (!documents.length) return close();
  chosen = 0;
  listed = search;
  byId("titles").replaceChildren(...documents.map((view, at) => {
    const item = el("li", { class: at ? "" : "here", onclick: () => take(view) }, view.title);
    item.view = view;
    return item;
  }));
  byId("titles").hidden = false;
  announce(`${count(documents.length, "document")} to choose from. ${documents[0].title}`);
  return undefined;
}

function keys(event) {
  const list = byId("titles");
  if (list.hidden && !isWaiting) return;
  if (event.key === "Escape") close();
  else if (event.key === "Enter" || event.key === "Tab") guarded(takeChosen);
  else if (list.hidden) return;
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + list.children.length) % list.children.length;
    [...list.children].forEach((item, at) => item.classList.toggle("here", at === chosen));
    announce(list.children[chosen].textContent);
  } else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

async function takeChosen() {
  if (listed !== typed()) await suggest();
  if (!byId("titles").hidden) take(byId("titles").children[chosen].view);
}

function take(view) {
  const box = byId("question");
  box.value = box.value.replace(TYPED, "").trimEnd();
  if (box.value) box.value += " ";
  close();
  // A group is narrowed to the document; documents that were chosen one by one get another one.
  const others = state.filters.group ? [] : state.filters.documents.filter((one) => one.uri !== view.uri);
  emit("choose-documents", [...others, { uri: view.uri, title: view.title }]);
  announce(others.length ? `“${view.title}” and ${count(others.length, "other document")} will be looked at` : `Only “${view.title}” will be looked at`);
  box.focus();
}

function close() {
  latest += 1;
  isWaiting = false;
  listed = null;
  byId("titles").hidden = true;
}
