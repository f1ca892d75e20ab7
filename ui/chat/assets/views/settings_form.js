// The settings of the chat in a table: what can be changed is a field, checked by the server.

import { send } from "../api.js";
import { announce, button, capital, el, quoted, sentence } from "../dom.js";
import { emit, state } from "../state.js";

const ORIGINS = { default: "Default", option: "Option of “askive chat”" };
const APPLIES = { now: "A change takes effect with the next question.", start: "A change takes effect when the chat is started again." };

/** place: the body of the table. settings: as the server lists them. changed: the key of one that was saved now. */
export function drawSettings(place, settings, changed = null) {
  // What is being typed or saved, or could not be saved, stays while the others are drawn anew.
  const isInUse = (line) => line.dataset.busy || line.querySelector("[aria-invalid]") || line.contains(document.activeElement);
  const used = new Map([...place.children].filter(isInUse).map((line) => [line.dataset.key, line]));
  if (changed) used.delete(changed);
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  place.replaceChildren(...settings.map((one) => used.get(one.key) || row(one, place)));
  if (focused) place.querySelector(`[data-key="${focused}"] :is(input, select)`)?.focus();
}

function row(one, place) {
  const problem = el("p", { class: "bad", role: "alert", id: `problem-${one.key}` });
  const change = async (value) => {
    line.dataset.busy = "yes";
    try {
      const settings = await send("PUT", "settings", { key: one.key, value });
      drawSettings(place, settings, one.key);
      announce(`${one.key} was saved`);
      emit("setting-changed", settings.find((other) => other.key === one.key));
    } catch (error) {
      if (error.isOffline) return;
      problem.textContent = `${sentence(error.message)} ${sentence(error.remedy)}`;
      field?.setAttribute("aria-invalid", "true");
    } finally {
      delete line.dataset.busy;
    }
  };
  const field = one.locked ? null : control(one, change);
  const shown = one.value === null ? "not set" : String(one.value);
  const isOwn = !one.locked && one.origin === "config.toml";
  const line = el("tr", { "data-key": one.key }, el("td", {}, el("code", {}, one.key)),
    el("td", {}, field || shown, isOwn && button("Restore the default", () => change(null), { "aria-label": `Restore the default of ${one.key}` }), problem),
    el("td", {}, ORIGINS[one.origin] || one.origin),
    el("td", {}, capital(quoted(one.description)), one.allowed && el("span", { class: "quiet" }, ` (${one.allowed})`),
      el("span", { class: "quiet when" }, one.locked ? `Not changed here: ${quoted(one.locked)}.` : APPLIES[one.applies]),
      one.pending && el("span", { class: "when pending" }, "Saved. Start the chat again to use it.")));
  return line;
}

function control(one, change) {
  const props = { "aria-label": one.key, "aria-describedby": `problem-${one.key}` };
  if (typeof one.default === "boolean") {
    const box = el("input", { type: "checkbox", ...props });
    box.checked = one.value;
    box.addEventListener("change", () => change(box.checked));
    return box;
  }
  if (one.choices.length) {
    const unset = one.default === null && el("option", { value: "" }, "not set");
    const select = el("select", props, unset, one.choices.map((name) => el("option", { value: name }, state.models.find((model) => model.id === name)?.name || name)));
    select.value = one.value ?? "";
    select.addEventListener("change", () => change(select.value || null));
    return select;
  }
  const box = el("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: one.default === null ? "not set" : String(one.default), ...props });
  box.value = one.value === null ? "" : String(one.value);
  box.addEventListener("change", () => change(box.value.trim() === "" && one.default === null ? null : box.value));
  return box;
}
