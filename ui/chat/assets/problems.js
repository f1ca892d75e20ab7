// What went wrong, in one place and one form: a line above the page. When the server is gone, the page waits for it.

import { button, byId, el, sentence } from "./dom.js";
import { emit } from "./state.js";

const AGAIN_MS = 1500;
let isOffline = false;

export function startProblems() {
  window.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report(event.reason);
  });
}

/** error: a Failure, or whatever was thrown. */
export function report(error) {
  if (error?.name === "AbortError") return;
  if (error?.isOffline) return waitForServer();
  show(`${sentence(error?.message || "Something went wrong")} ${sentence(error?.remedy || "Reload the page")}`, true);
}

/** Do some work; what it throws is reported. */
export async function guarded(work) {
  try {
    return await work();
  } catch (error) {
    report(error);
    return undefined;
  }
}

function show(text, canClose) {
  const close = button("Dismiss", () => (byId("problem").hidden = true));
  byId("problem").replaceChildren(el("p", {}, text), ...(canClose ? [close] : []));
  byId("problem").hidden = false;
}

export const serverIsGone = () => isOffline;

async function waitForServer() {
  if (isOffline) return;
  isOffline = true;
  show("Askive does not answer. Start it again with “askive chat”; this page goes on by itself.", false);
  emit("offline");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    try {
      if ((await fetch("/chat/hello")).ok) break;
    } catch { /* still gone */ }
  }
  isOffline = false;
  byId("problem").hidden = true;
  emit("online");
}
