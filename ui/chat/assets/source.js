// The source pane: a whole document, scrolled to the marked citation.

import { byline, placeOf } from "./answer.js";
import { get, query, send } from "./api.js";
import { announce, button, byId, el, icon, sentence } from "./dom.js";
import { clearFind, find, findAgain, findOn, startFind } from "./find.js";
import { guarded } from "./problems.js";
import { runsOf, tableOf } from "./source_rows.js";
import { emit, on, state } from "./state.js";
import { citationsOf } from "./turn.js";

const open = { turn: null, citation: null, opener: null, document: null, asPage: false, page: 0, zoom: 100, n: 0 };
const documents = new Map();

export function startSource() {
  on("open-source", (...how) => guarded(() => show(...how)));
  // A document, at a place or from its beginning: nothing of it is cited.
  on("open-document", (view, opener) =>
    guarded(async () => {
      await show({ asked: { collection: state.collection }, answer: null }, { start: 0, end: 0, quote: "", page: null, ...view, number: null }, opener);
      if (view.find) find(view.find);
    }));
  on("document-removed", (uri) => open.citation?.uri === uri && !byId("source").hidden && close());
  on("collection-changed", () => documents.clear());
  on("conversation-changed", close);
  on("view", close);
  startFind();
  startResize();
  on("documents-changed", () => documents.clear());
  byId("previous-citation").addEventListener("click", () => step(-1));
  byId("next-citation").addEventListener("click", () => step(1));
  byId("close-source").addEventListener("click", close);
  byId("show-text").addEventListener("click", () => showAs(false));
  byId("show-page").addEventListener("click", () => showAs(true));
  window.addEventListener("resize", () => {
    const mark = byId("source-body").querySelector("mark");
    if (mark) bring(mark, byId("source-body"));
  });
  byId("source").addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowLeft" && event.altKey) step(-1);
    else if (event.key === "ArrowRight" && event.altKey) step(1);
  });
}

async function show(turn, citation, opener) {
  Object.assign(open, { turn, citation, opener: opener || open.opener, n: open.n + 1 });
  const n = open.n;
  markNumber(turn, citation, opener);
  byId("source").hidden = false;
  document.body.classList.add("source-open");
  clearFind();
  byId("source-title").replaceChildren(...(citation.number ? [el("span", { class: "n" }, String(citation.number))] : []), citation.title);
  byId("source-byline").textContent = byline(citation);
  place();
  const body = byId("source-body");
  byId("source-views").hidden = true;
  byId("source-original").hidden = true;
  const collection = turn.asked.collection;
  const key = `${collection}\n${citation.uri}`;
  try {
    if (!documents.has(key)) {
      body.replaceChildren(el("p", { class: "quiet" }, "Opening…"));
      documents.set(key, await get(`source?${query({ collection, uri: citation.uri })}`));
    }
  } catch (error) {
    if (n !== open.n) return;
    body.replaceChildren(el("blockquote", {}, el("mark", {}, citation.quote)), el("p", { class: "quiet" }, `${sentence(error.message)} ${sentence(error.remedy)}`));
    return;
  }
  if (n !== open.n) return;
  open.document = documents.get(key);
  byId("source-views").hidden = !open.document.has_pictures;
  byId("source-original").hidden = !open.document.has_original;
  byId("source-original").href = `/chat/source/original?${query({ collection, uri: citation.uri })}`;
  byId("source-byline").append(...pinQuote(turn, citation));
  await draw();
  announce(`${citation.title}. ${citation.quote}`);
  byId("source").focus({ preventScroll: true });
}

/** The number in the answer, also when the source was reached by Next or Previous. */
function markNumber(turn, citation, opener) {
  document.querySelectorAll(".citation.open").forEach((other) => other.classList.remove("open"));
  const numbers = [...(turn.element?.querySelectorAll(".citation") || [])];
  const mine = opener?.classList.contains("citation") ? opener : numbers.find((one) => one.dataset.place === placeOf(citation)) || numbers.find((one) => one.dataset.place?.endsWith(` ${citation.uri}`));
  mine?.classList.add("open");
  if (mine && !opener) mine.scrollIntoView({ block: "nearest" });
}

/** A button that pins the open quotation; none for a document that was opened without one. */
function pinQuote(turn, citation) {
  if (!turn.turn_id || !citation.number) return [];
  const made = button(el("span", { class: "labelled" }, icon("pin"), el("span", {}, "Pin")), () =>
    guarded(async () => {
      await send("POST", "notebook", { turn_id: turn.turn_id, uri: citation.uri, start: citation.start });
      made.lastChild.lastChild.textContent = "Pinned";
      announce("The quotation was pinned to the notebook");
      emit("notebook-changed");
    }), { "aria-label": "Pin this quotation" });
  return [" ", made];
}

function place() {
  const all = open.turn.answer?.failure ? [] : citationsOf(open.turn.answer || { sentences: open.turn.sentences || [], disagreement: [] });
  const at = all.findIndex((other) => other.uri === open.citation.uri && other.start === open.citation.start);
  byId("citation-place").textContent = at < 0 ? "" : `${at + 1} of ${all.length}`;
  for (const id of ["previous-citation", "next-citation"]) byId(id).hidden = all.length < 2;
  byId("previous-citation").disabled = at <= 0;
  byId("next-citation").disabled = at < 0 || at >= all.length - 1;
  return { all, at };
}

function step(by) {
  const { all, at } = place();
  if (at >= 0 && all[at + by]) guarded(() => show(open.turn, all[at + by], null));
}

export function close() {
  open.n += 1;
  byId("source").hidden = true;
  document.body.classList.remove("source-open");
  document.querySelectorAll(".citation.open").forEach((other) => other.classList.remove("open"));
  if (open.opener?.isConnected) open.opener.focus({ preventScroll: true });
  open.opener = null;
}

function showAs(asPage) {
  open.asPage = asPage;
  draw();
}

function draw() {
  const asPage = open.asPage && open.document.has_pictures;
  byId("show-text").setAttribute("aria-pressed", String(!asPage));
  byId("show-page").setAttribute("aria-pressed", String(Boolean(asPage)));
  findOn(asPage ? { sections: open.document.sections, show: (...place) => guarded(() => showFound(...place)) } : null);
  return guarded(async () => {
    await (asPage ? drawPage(open.citation.page || 1) : drawText());
    findAgain();
  });
}

/** Turn to a page and mark the places of a text; the one with this index is the one that is looked at. */
async function showFound(page, text, index) {
  if (open.page !== page) await drawPage(page);
  const { citation, turn, n } = open;
  const found = await get(`source/found?${query({ collection: turn.asked.collection, uri: citation.uri, page, text })}`);
  const sheet = byId("source-body").querySelector(".sheet");
  if (n !== open.n || page !== open.page || !sheet) return;
  sheet.querySelectorAll(".found").forEach((box) => box.remove());
  found.forEach((boxes, at) => addBoxes(sheet, boxes, at === Math.min(index, found.length - 1) ? "found here" : "found"));
  await sheet.querySelector("img").decode().catch(() => null);
  sheet.querySelector(".here")?.scrollIntoView({ block: "center" });
}

function addBoxes(sheet, boxes, kind) {
  for (const box of boxes) {
    const mark = el("div", { class: `box ${kind}` });
    for (const side of ["left", "top", "width", "height"]) mark.style[side] = `${box[side] * 100}%`;
    sheet.append(mark);
  }
}

async function drawText() {
  const { citation, document: source, turn, n } = open;
  const { start, end, quote } = citation;
  const section = source.sections.find((s) => s.start <= start && start < s.start + s.text.length);
  const isThere = start === end || (section && squeeze(textBetween(source, start, end)) === squeeze(quote));
  const body = byId("source-body");
  const parts = source.is_markdown ? [await rendered(turn.asked.collection, source.uri, isThere ? [start, end] : [0, 0])] : source.sections.map((one) => page(one, isThere ? [start, end] : [0, 0]));
  if (n !== open.n) return;
  body.classList.toggle("many", parts.length > 20);
  body.replaceChildren(...parts);
  const mark = body.querySelector("mark");
  if (!isThere) body.prepend(el("div", { class: "changed" }, el("p", { class: "quiet" }, "This document has changed. It said:"), el("blockquote", {}, quote)));
  if (mark) bring(mark, body);
  else body.scrollTop = 0;
}

function page(section, [start, end]) {
  const box = el("section", { class: "page-text", ...(section.page ? { "aria-label": `Page ${section.page}` } : {}) });
  if (section.page) box.append(el("p", { class: "page-number" }, `Page ${section.page}`));
  box.append(...blocks(section, start, end));
  return box;
}

const squeeze = (text) => text.replace(/\s+/g, "");

/** The characters of a document from start to end; its sections are pages, one form feed apart. */
function textBetween(source, start, end) {
  return source.sections.map((one) => one.text.slice(Math.max(0, start - one.start), Math.max(0, end - one.start))).join("");
}

// Private characters that the server puts around the cited words.
const [BEGIN, END] = ["\ue000", "\ue001"];

/** A Markdown document. The HTML was sanitised by the server, see rendering.py; raw HTML in it is text. */
async function rendered(collection, uri, [start, end]) {
  const box = el("div", { class: "rendered" });
  box.innerHTML = (await get(`source/rendered?${query({ collection, uri, start, end })}`)).html;
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  let isInside = false;
  for (const node of nodes) {
    const parts = node.data.split(new RegExp(`([${BEGIN}${END}])`)).map((text) => {
      if (text === BEGIN || text === END) isInside = text === BEGIN;
      else if (text) return isInside && text.trim() ? el("mark", {}, text) : text;
      return "";
    });
    if (isInside || parts.length > 1) node.replaceWith(...parts);
  }
  return box;
}

/** The heights of invisible pages are estimates: scroll again until the mark no longer moves. */
function bring(mark, body, tries = 12) {
  const before = body.scrollTop;
  body.scrollTop += mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
  if (tries && (body.scrollTop !== before || tries > 8)) requestAnimationFrame(() => mark.isConnected && bring(mark, body, tries - 1));
}

/** Paragraphs of a section; the characters from start to end of the document are marked. */
function blocks(section, start, end) {
  const made = [];
  // In plain text and program code, "# " is no heading.
  const hasHeadings = !/^text\/(?!html|markdown)/.test(open.document.media_type);
  let at = 0;
  for (const part of section.text.split(/(\n[ \t]*\n\s*)/)) {
    const begins = section.start + at;
    at += part.length;
    if (!part.trim()) {
      if (made.length && begins < end && begins + part.length > start) made.at(-1).append(part);
      continue;
    }
    for (const run of runsOf(part, hasHeadings)) {
      const from = begins + run.start;
      const table = run.kind === "table" && tableOf(run.text, (text, offset) => marked(text, start - from - offset, end - from - offset));
      made.push(table || paragraph(run, start - from, end - from));
    }
  }
  return made;
}

function paragraph({ text, kind }, from, to) {
  const heading = kind === "heading";
  const words = marked(text, from, to);
  if (heading && typeof words[0] === "string") {
    const [hash] = words[0].match(/^#+ |^/);
    words.splice(0, 1, el("span", { class: "hash" }, hash), words[0].slice(hash.length));
  }
  return el("p", { class: heading ? "heading" : null }, ...words);
}

function marked(text, from, to) {
  const first = Math.max(0, from);
  const last = Math.min(text.length, to);
  if (first >= last) return [text];
  return [text.slice(0, first), el("mark", {}, text.slice(first, last)), text.slice(last)];
}

async function drawPage(page) {
  const { citation, turn, n } = open;
  open.page = page;
  const where = { collection: turn.asked.collection, uri: citation.uri, page };
  const picture = el("img", { alt: `Page ${page} of ${citation.title}` });
  const sheet = el("div", { class: "sheet" }, picture);
  const last = open.document.sections.length;
  const turnTo = (to) => el("button", { type: "button", class: "plain", disabled: to < 1 || to > last }, to < page ? "Previous page" : "Next page");
  const earlier = turnTo(page - 1);
  const later = turnTo(page + 1);
  earlier.addEventListener("click", () => drawPage(page - 1));
  later.addEventListener("click", () => drawPage(page + 1));
  const zoomTo = (percent) => {
    open.zoom = Math.min(Math.max(percent, 100), 300);
    sheet.style.width = `${open.zoom}%`;
    const sharp = `/chat/source/picture?${query({ ...where, zoom: Math.ceil(open.zoom / 100) })}`;
    if (picture.getAttribute("src") !== sharp) picture.src = sharp;
  };
  zoomTo(open.zoom);
  const zoom = [["−", "Smaller", -50], ["+", "Larger", 50]].map(([sign, label, by]) => button(sign, () => zoomTo(open.zoom + by), { "aria-label": label }));
  byId("source-body").replaceChildren(el("div", { class: "row page-turn" }, earlier, el("span", { class: "quiet" }, `Page ${page} of ${last}`), later, ...zoom), sheet);
  byId("source-body").scrollTop = 0;
  if (!citation.quote) return;
  const boxes = await get(`source/boxes?${query({ ...where, quote: citation.quote })}`);
  if (n !== open.n || page !== open.page) return;
  addBoxes(sheet, boxes, "cited");
  await picture.decode().catch(() => null);
  sheet.querySelector(".box")?.scrollIntoView({ block: "center" });
}

// -- width

const MIN_WIDTH = 320;
const STEP = 32;

function startResize() {
  const handle = byId("source-resize");
  const set = (width) => {
    const bounded = Math.round(Math.min(Math.max(width, MIN_WIDTH), window.innerWidth * 0.7));
    document.documentElement.style.setProperty("--source-width", `${bounded}px`);
    handle.setAttribute("aria-valuenow", String(bounded));
    localStorage.setItem("askive-source-width", String(bounded));
  };
  const stored = Number(localStorage.getItem("askive-source-width"));
  if (stored) set(stored);
  handle.setAttribute("aria-valuemin", String(MIN_WIDTH));
  handle.setAttribute("aria-valuenow", String(stored || Math.round(window.innerWidth * 0.4)));
  handle.setAttribute("aria-valuemax", String(Math.round(window.innerWidth * 0.7)));
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (moved) => set(window.innerWidth - moved.clientX);
  });
  handle.addEventListener("pointerup", () => (handle.onpointermove = null));
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!by || event.altKey) return;
    event.preventDefault();
    set(byId("source").offsetWidth + by);
  });
}
