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
  const { documents } = await get(`${pathOf()}/documents?${query({ search, n: MAX_LISTED })}`);
  if (mine !== latest || typed() === undefined) return undefined;
  if (!documents.length) return close();
  chosen = 0;
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
  if (list.hidden) return;
  if (event.key === "Escape") close();
  else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen].view);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + list.children.length) % list.children.length;
    [...list.children].forEach((item, at) => item.classList.toggle("here", at === chosen));
    announce(list.children[chosen].textContent);
  } else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function take(view) {
  const box = byId("question");
  box.value = box.value.replace(TYPED, "").trimEnd();
  if (box.value) box.value += " ";
  close();
  const others = state.filters.documents.filter((one) => one.uri !== view.uri);
  emit("choose-documents", [...others, { uri: view.uri, title: view.title }]);
  announce(`Only “${view.title}” will be looked at`);
  box.focus();
}

function close() {
  latest += 1;
  byId("titles").hidden = true;
}
