// Find in the open document: all places are marked, Enter goes to the next one.

import { byId } from "./dom.js";

const MAX_PLACES = 2000;
let places = [];
let at = -1;

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
  places = wanted.length > 1 ? rangesOf(wanted) : [];
  at = -1;
  if (window.CSS?.highlights) {
    CSS.highlights.delete("found");
    CSS.highlights.delete("found-here");
    if (places.length) CSS.highlights.set("found", new Highlight(...places));
  }
  if (places.length) step(1);
  else byId("source-found").textContent = wanted.length > 1 ? "Not found" : "";
}

function step(by) {
  if (!places.length) return;
  at = (at + by + places.length) % places.length;
  const range = places[at];
  if (window.CSS?.highlights) CSS.highlights.set("found-here", new Highlight(range));
  const body = byId("source-body");
  body.scrollTop += range.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
  byId("source-found").textContent = `${at + 1} of ${places.length}`;
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
