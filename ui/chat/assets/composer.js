// The input of questions: prefetch while typing, sending, stopping.

import { byline } from "./answer.js";
import { send, stream } from "./api.js";
import { ask } from "./conversations.js";
import { announce, byId, el } from "./dom.js";
import { clearFilters, drawChips, filtersAreClear, showUnderstood, startFilters } from "./filters.js";
import { guarded, report } from "./problems.js";
import { asked, kept, on, state } from "./state.js";
import { goTo, shownView } from "./views/views.js";

const PAUSE_MS = 350;
let pause = 0;
let reading = null;

export function startComposer() {
  const box = byId("question");
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  box.addEventListener("input", () => {
    kept.set("draft", box.value);
    grow();
    typed();
  });
  box.value = kept.get("draft");
  grow();
  byId("stop").addEventListener("click", () => guarded(stop));
  startFilters();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.running && !document.querySelector("dialog[open]") && !byId("source").contains(document.activeElement)) guarded(stop);
  });
  on("running", showRunning);
  on("ask", (question, { unfiltered = false, ...how } = {}) => {
    if (unfiltered) clearFilters();
    put(question, how);
  });
  on("refused", (question) => {
    if (!box.value) fill(question);
  });
  on("conversation-changed", () => {
    clearPrefetch();
    drawChips();
  });
}

function submit() {
  const box = byId("question");
  const question = box.value.trim();
  if (!question) return box.focus();
  if (state.running) return announce("An answer is being written. Stop it first");
  if (!filtersAreClear() || !isReady()) return undefined;
  fill("");
  put(question);
  state.literal = false;
  return undefined;
}

/** Whether there is something to ask; otherwise the page says what is missing, and the question is kept. */
function isReady() {
  if (state.missing.length) report({ message: "The models are not on this machine yet", remedy: "download them on the first page, and ask again" });
  else if (!state.collection) report({ message: "There are no documents to ask yet", remedy: "drop files anywhere on this page, and ask again" });
  else return true;
  if (shownView() !== "chat") goTo("chat");
  return false;
}

function fill(text) {
  byId("question").value = text;
  kept.set("draft", text);
  grow();
}

/** replace: a turn to replace. kind: as what to answer. */
function put(question, { replace = null, literal = state.literal, kind = null } = {}) {
  if (state.running) return announce("An answer is being written. Stop it first");
  if (shownView() !== "chat") goTo("chat");
  clearPrefetch();
  return ask(question, { ...asked(), literal, kind }, replace);
}

async function stop() {
  if (state.running?.turn_id) await send("POST", `turns/${state.running.turn_id}/stop`);
}

function showRunning() {
  const running = Boolean(state.running);
  const focused = document.activeElement;
  byId("send").hidden = running;
  byId("stop").hidden = !running;
  if (focused === byId("send") || focused === byId("stop")) byId("question").focus();
  drawChips();
}

function grow() {
  const box = byId("question");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
}

// -- prefetch while typing

function typed() {
  clearTimeout(pause);
  if (reading) cancelPrefetch();
  pause = setTimeout(anticipate, PAUSE_MS);
}

const ahead = (paused) => ({
  ...asked(),
  typed: byId("question").value.trim(),
  paused,
  conversation_id: state.conversation?.conversation_id || null,
});

async function anticipate() {
  const about = ahead(true);
  if (state.running || about.typed.split(/\s+/).length < 3) return showAhead([], "");
  const mine = (reading = new AbortController());
  try {
    for await (const { kind, value } of stream("anticipate", about, mine.signal)) {
      if (kind === "generating" && reading === mine) showAhead(value.documents, value.understood);
    }
  } catch { /* typing goes on; an error of the server is shown when the question is asked */ }
  if (reading === mine) reading = null;
}

/** Let the server cancel its prefetch, unless it still fits the text. */
async function cancelPrefetch() {
  reading.abort();
  reading = null;
  try {
    for await (const _ of stream("anticipate", ahead(false)));
  } catch { /* no result is needed */ }
}

function clearPrefetch() {
  clearTimeout(pause);
  reading?.abort();
  reading = null;
  showAhead([], "");
}

function showAhead(documents, what) {
  const place = byId("ahead");
  place.hidden = !documents.length;
  place.replaceChildren(
    el("span", { class: "quiet" }, "Will search"),
    ...documents.map((view) => el("span", { class: "ahead-title", title: byline(view) }, view.title)),
  );
  showUnderstood(what);
}
