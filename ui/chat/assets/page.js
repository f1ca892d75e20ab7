// Entry point of the page.

import { get } from "./api.js";
import { openFromAddress, startConversations } from "./conversations.js";
import { startComposer } from "./composer.js";
import { startDocuments } from "./documents.js";
import { choose, startCollections } from "./documents/collections.js";
import { startDrop } from "./documents/drop.js";
import { startTitles } from "./documents/titles.js";
import { startTray } from "./documents/tray.js";
import { startUploads } from "./documents/uploads.js";
import { byId, el } from "./dom.js";
import { startHint } from "./hint.js";
import { startKeys } from "./keys.js";
import { guarded, startProblems } from "./problems.js";
import { startSource } from "./source.js";
import { kept, on, state } from "./state.js";
import { startNotebook } from "./views/notebook.js";
import { startOverview } from "./views/overview.js";
import { startSearch } from "./views/search.js";
import { poll, startSettings } from "./views/settings.js";
import { shownView, startViews } from "./views/views.js";

async function start() {
  startProblems();
  const reply = await get("state");
  Object.assign(state, { default: reply.default, sample: reply.sample, missing: reply.missing, kinds: reply.kinds, collections: reply.collections });
  for (const part of [startSource, startConversations, startTitles, startComposer, startCollections, startDocuments, startSearch, startNotebook, startSettings, startOverview, startHint, startKeys, startTray, startDrop]) part();
  on("conversation-changed", (conversation) => {
    const known = state.collections.some((row) => row.name === conversation?.collection);
    if (known && conversation.collection !== state.collection) guarded(() => choose(conversation.collection));
  });
  startModels(reply.models);
  const remembered = kept.get("collection");
  const first = reply.collections.some((row) => row.name === remembered) ? remembered : reply.collection;
  await choose(first);
  startViews();
  startUploads();
  await openFromAddress();
  if (state.missing.some((model) => model.download)) guarded(poll);
  if (shownView() === "chat") byId("question").focus({ preventScroll: true });
  document.body.dataset.ready = "yes";
}

function startModels(models) {
  state.models = models;
  byId("model").replaceChildren(...models.map(({ id, name }) => el("option", { value: id, title: id }, name)));
  const use = ({ id, disclosure }) => {
    state.model = id;
    byId("disclosure").textContent = disclosure || "Nothing leaves this machine.";
    byId("disclosure").classList.toggle("sends", Boolean(disclosure));
  };
  byId("model").addEventListener("change", () => use(models[byId("model").selectedIndex]));
  on("setting-changed", ({ key, value }) => {
    const at = key === "generator" ? models.findIndex((model) => model.id === value) : -1;
    if (at < 0) return;
    byId("model").selectedIndex = at;
    use(models[at]);
  });
  use(models[0]);
}

// A page that could not begin, or waited for models, begins again with the server.
on("online", () => (document.body.dataset.ready && !state.missing.length) || location.reload());
guarded(start);
