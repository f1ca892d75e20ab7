// Keys of the page, and their list under "?".

import { byId, el, button } from "./dom.js";
import { ask } from "./dialogs.js";
import { goTo } from "./views/views.js";

const KEYS = [
  ["Enter", "Ask the question"],
  ["Shift + Enter", "New line in the question"],
  ["/", "Go to the question"],
  ["Escape", "Stop the answer; close the source or the menu"],
  ["Alt + ← →", "Previous and next citation, in the source"],
  ["?", "This list"],
];

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, dialog");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") list();
    else if (event.key === "/") {
      event.preventDefault();
      goTo("chat");
      byId("question").focus();
    }
  });
}

const list = () =>
  ask("Keys", (done) =>
    el("div", {}, el("dl", { class: "keys" }, KEYS.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
      el("div", { class: "row end" }, button("Close", () => done(null), { class: "primary" }))));
