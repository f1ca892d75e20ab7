// Files dropped anywhere on the page are added; folders with all that is in them.

import { byId } from "../dom.js";
import { guarded } from "../problems.js";
import { state } from "../state.js";
import { add } from "./uploads.js";

const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

export function startDrop() {
  const over = byId("drop-here");
  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const target = state.collection && state.collection !== state.sample ? state.collection : state.default;
    over.textContent = `Drop files or folders to add them to “${target}”`;
    over.hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over.hidden = true;
  });
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over.hidden = true;
    guarded(async () => add(await droppedFiles(event.dataTransfer)));
  });
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
