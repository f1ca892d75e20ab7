// Find in the open document: all places are marked, Enter goes to the next one. On pictures of pages, the source pane
// marks them.

import { byId } from "./dom.js";

const MAX_PLACES = 2000;
let places = [];
let at = -1;
let pages = null;

/** Look on pictures of pages from now on, or in the text again. shown: `{sections, show(page, text, index)}`, or null. */
export function findOn(shown) {
  pages = shown;
}

/** Look for the same text again, because something else is shown. */
export function findAgain() {
  if (byId("source-find").value) find(byId("source-find").value);
}

export function startFind() {
  const box = byId("source-find");
  box.addEventListener("input", () => find(box.value));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && box.value) {
      event.stopPropagation();
      clearFind();
    }
  });
}

export function clearFind() {
  byId("source-find").value = "";
  find("");
}

/** Mark every place of a text, whatever its case and line breaks, and show the first. */
export function find(text) {
  const wanted = text.trim().toLowerCase().replace(/\s+/g, " ");
  byId("source-find").value = text;
  places = wanted.length < 2 ? [] : pages ? pagesWith(wanted) : rangesOf(wanted);
  at = -1;
  if (window.CSS?.highlights) {
    CSS.highlights.delete("found");
    CSS.highlights.delete("found-here");
    if (places.length && !pages) CSS.highlights.set("found", new Highlight(...places));
  }
  if (places.length) step(1);
  else byId("source-found").textContent = wanted.length > 1 ? "Not found" : "";
}

function step(by) {
  if (!places.length) return;
  at = (at + by + places.length) % places.length;
  byId("source-found").textContent = `${at + 1} of ${places.length}`;
  const range = places[at];
  if (pages) {
    pages.show(range.page, range.text, range.index);
    return;
  }
  if (window.CSS?.highlights) CSS.highlights.set("found-here", new Highlight(range));
  const body = byId("source-body");
  body.scrollTop += range.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
}

/** The page of each place, and which of its places it is: by letters and digits alone, as the server looks for them. */
function pagesWith(wanted) {
  const letters = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const text = letters(wanted);
  const found = [];
  for (const section of text ? pages.sections : []) {
    const n = letters(section.text).split(text).length - 1;
    for (let index = 0; index < n && found.length < MAX_PLACES; index += 1) found.push({ page: section.page, text: wanted, index });
  }
  return found;
}

function rangesOf(wanted) {
  const found = [];
  for (const block of byId("source-body").querySelectorAll("p, li, td, th, h1, h2, h3, h4, h5, h6, pre")) {
    const { text, places: letters } = lettersOf(block);
    for (let from = text.indexOf(wanted); from >= 0 && found.length < MAX_PLACES; from = text.indexOf(wanted, from + wanted.length)) {
      const range = document.createRange();
      range.setStart(...letters[from]);
      const [node, offset] = letters[from + wanted.length - 1];
      range.setEnd(node, offset + 1);
      found.push(range);
    }
  }
  return found;
}

/** The text of a block in lower case with single spaces, and for each letter its node and offset. */
function lettersOf(block) {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const letters = [];
  let text = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let offset = 0; offset < node.length; offset += 1) {
      const letter = /\s/.test(node.data[offset]) ? " " : node.data[offset].toLowerCase();
      if (letter === " " && text.endsWith(" ")) continue;
      text += letter[0];
      letters.push([node, offset]);
    }
  }
  return { text, places: letters };
}
