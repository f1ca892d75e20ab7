// Models and settings: what there is, what each needs, downloads; how the page looks.

import { get, send } from "../api.js";
import { button, byId, capital, el, fileSize, sentence } from "../dom.js";
import { guarded } from "../problems.js";
import { emit, on, state } from "../state.js";
import { drawSettings } from "./settings_form.js";
import { shownView } from "./views.js";

const POLL_MS = 700;
const STATES = { absent: "Not downloaded", partial: "Downloaded in part", present: "Ready", verified: "Ready" };
export const KINDS = { generator: "Writes answers", embedder: "Finds passages", reranker: "Orders passages" };
const parts = {};
let isPolling = false;

export function startSettings() {
  parts.models = el("ul", { class: "models" });
  parts.settings = el("tbody");
  byId("view-settings").replaceChildren(
    el("h1", { id: "settings-title", tabindex: "-1" }, "Settings"),
    el("section", {}, el("h2", {}, "Appearance"), appearance()),
    el("section", {}, el("h2", {}, "Models"), parts.models),
    el("section", {}, el("h2", {}, "Settings of this chat"),
      el("p", { class: "quiet" }, "Changes are saved in config.toml. “askive config” lists all settings."),
      el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "List of settings" }, el("table", { class: "settings" }, el("thead", {}, el("tr", {}, ["Setting", "Value", "From", "What it does"].map((name) => el("th", { scope: "col" }, name)))), parts.settings))));
  on("view", (name) => name === "settings" && guarded(draw));
}

function appearance() {
  const select = el("select", { id: "appearance" }, el("option", { value: "" }, "As the system"), el("option", { value: "light" }, "Light"), el("option", { value: "dark" }, "Dark"));
  const apply = () => {
    if (select.value) document.documentElement.dataset.theme = select.value;
    else delete document.documentElement.dataset.theme;
  };
  select.value = localStorage.getItem("askive-appearance") || "";
  apply();
  select.addEventListener("change", () => {
    localStorage.setItem("askive-appearance", select.value);
    apply();
  });
  return el("label", { class: "pick" }, "Colours ", select);
}

async function draw() {
  drawModels(await get("models"));
  drawSettings(parts.settings, await get("settings"));
}

function drawModels(models) {
  parts.models.replaceChildren(...models.map((model) => {
    const isHere = model.state === "present" || model.state === "verified";
    return el("li", {}, el("div", { class: "model-name" }, el("strong", {}, model.name), model.in_use && el("span", { class: "badge" }, "in use")),
      el("p", { class: "quiet" }, [KINDS[model.kind], `${fileSize(model.size)} on disk`, model.kind === "generator" && !/GB of memory/.test(model.note) && `about ${fileSize(model.memory)} of memory`, `licence ${model.licence}`, model.note && capital(model.note)].filter(Boolean).join(" · ")),
      model.download
        ? el("p", { class: "row" }, el("progress", { max: String(model.download.total), value: String(model.download.done), "aria-label": `Download of ${model.name}` }), el("span", { class: "quiet" }, `${fileSize(model.download.done)} of ${fileSize(model.download.total)}`))
        : el("p", { class: "row" }, el("span", {}, STATES[model.state]), !isHere && button(`Download from ${model.hosts.join(" or ")}`, () => guarded(() => startDownloads([model.id])), { class: "plain as-button", "aria-label": `Download ${model.name}` })),
      model.failure && el("p", { class: "failure" }, `${sentence(model.failure.message)} ${sentence(model.failure.remedy)}`));
  }));
}

export async function startDownloads(ids) {
  for (const id of ids) await send("POST", `models/${encodeURIComponent(id)}/pull`);
  await poll();
}

/** Show the progress of downloads until all have ended. They go on without this page. */
export async function poll() {
  if (isPolling) return;
  isPolling = true;
  try {
    for (;;) {
      const models = await get("models");
      const before = state.missing.length;
      state.missing = models.filter((model) => model.in_use && !["present", "verified"].includes(model.state));
      if (shownView() === "settings") drawModels(models);
      if (before) emit("models-arrived");
      if (!models.some((model) => model.download)) {
        if (before && !state.missing.length) location.reload();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    isPolling = false;
  }
}
