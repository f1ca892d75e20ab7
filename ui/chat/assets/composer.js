// The input of questions: prefetch while typing, filters, sending, stopping.

import { byline } from "./answer.js";
import { get, send, stream } from "./api.js";
import { ask } from "./conversations.js";
import { announce, button, byId, el } from "./dom.js";
import { asked, on, state } from "./state.js";

const PAUSE_MS = 350;
let pause = 0;
let reading = null;
let understood = "";

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
    grow();
    typed();
  });
  byId("stop").addEventListener("click", stop);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.running && !document.querySelector("dialog[open]") && !byId("source").contains(document.activeElement)) stop();
  });
  byId("toggle-filters").addEventListener("click", () => {
    const open = byId("filters").hidden;
    byId("filters").hidden = !open;
    byId("toggle-filters").setAttribute("aria-expanded", String(open));
    if (open) byId("after").focus();
  });
  for (const id of ["after", "before", "publisher"]) byId(id).addEventListener("change", readFilters);
  on("running", showRunning);
  on("ask", (question, { replace = null, literal = state.literal } = {}) => put(question, replace, literal));
  on("collection-changed", listPublishers);
  on("documents-changed", listPublishers);
  on("conversation-changed", () => {
    clearPrefetch();
    chips();
  });
}

function submit() {
  const box = byId("question");
  const question = box.value.trim();
  if (!question) return box.focus();
  if (state.running) return announce("An answer is being written. Stop it first");
  box.value = "";
  grow();
  put(question, null, state.literal);
  state.literal = false;
}

function put(question, replace, literal) {
  if (state.running) return announce("An answer is being written. Stop it first");
  clearPrefetch();
  ask(question, { ...asked(), literal }, replace);
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
  chips();
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
  understood = what;
  place.hidden = !documents.length;
  place.replaceChildren(
    el("span", { class: "quiet" }, "Will search"),
    ...documents.map((view) => el("span", { class: "ahead-title", title: byline(view) }, view.title)),
  );
  chips();
}

// -- filters

async function listPublishers() {
  const select = byId("publisher");
  const publishers = state.collection ? await get(`collections/${encodeURIComponent(state.collection)}/publishers`) : [];
  const known = new Set(publishers);
  state.filters.publishers = state.filters.publishers.filter((name) => known.has(name));
  select.replaceChildren(el("option", { value: "" }, "Any"), ...publishers.map((name) => el("option", { value: name }, name)));
  select.value = state.filters.publishers[0] || "";
  chips();
}

function readFilters() {
  state.filters = {
    after: byId("after").value.trim(),
    before: byId("before").value.trim(),
    publishers: byId("publisher").value ? [byId("publisher").value] : [],
  };
  chips();
}

function chips() {
  const { after, before, publishers } = state.filters;
  const made = [];
  const chip = (label, off) => {
    const remove = button("Remove", off, { class: "chip-remove", "aria-label": `Remove: ${label}` });
    made.push(el("span", { class: "chip" }, el("span", {}, label), remove));
  };
  const without = (id, value) => () => {
    byId(id).value = value;
    readFilters();
    byId("question").focus();
  };
  if (after) chip(`From ${after}`, without("after", ""));
  if (before) chip(`Until ${before}`, without("before", ""));
  if (publishers.length) chip(publishers[0], without("publisher", ""));
  if (understood && !state.literal) {
    chip(`Ranks higher: ${understood}`, () => {
      state.literal = true;
      chips();
      byId("question").focus();
    });
  }
  byId("chips").replaceChildren(...made);
}
