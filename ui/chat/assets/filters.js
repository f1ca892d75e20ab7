// Filters of a question: dates, publisher, chosen documents. They are checked in their fields, before asking.

import { get } from "./api.js";
import { announce, button, byId, count, el } from "./dom.js";
import { guarded } from "./problems.js";
import { emit, on, state } from "./state.js";

let range = { first: null, last: null };

export function startFilters() {
  byId("toggle-filters").addEventListener("click", () => openFilters(byId("filters").hidden));
  for (const id of ["after", "before", "publisher"]) byId(id).addEventListener("change", read);
  on("collection-changed", () => {
    // They are documents of the other collection.
    emit("choose-documents", []);
    guarded(listChoices);
  });
  on("documents-changed", () => guarded(listChoices));
  on("conversation-changed", (kept) => !kept && clearFilters());
  on("clear-filters", clearFilters);
  on("choose-documents", (documents, group = null) => {
    Object.assign(state.filters, { documents, group });
    emit("filters-changed");
    drawChips();
  });
}

function openFilters(open) {
  byId("filters").hidden = !open;
  byId("toggle-filters").setAttribute("aria-expanded", String(open));
  if (open) byId("after").focus();
}

async function listChoices() {
  const found = state.collection && !state.missing.length ? await get(`collections/${encodeURIComponent(state.collection)}/filters`) : { publishers: [], first: null, last: null };
  const select = byId("publisher");
  state.filters.publishers = state.filters.publishers.filter((name) => found.publishers.includes(name));
  select.replaceChildren(el("option", { value: "" }, "Any"), ...found.publishers.map((name) => el("option", { value: name }, name)));
  select.value = state.filters.publishers[0] || "";
  range = found;
  for (const id of ["after", "before"]) {
    byId(id).min = found.first || "";
    byId(id).max = found.last || "";
  }
  note("");
  drawChips();
}

function note(problem) {
  const about = range.first ? `Documents here are dated from ${range.first} to ${range.last}.` : "No document here has a date.";
  byId("filter-note").textContent = problem || about;
  byId("filter-note").classList.toggle("bad", Boolean(problem));
}

/** What is wrong with the fields as `[id, text]`; null if nothing is. */
function problem() {
  for (const id of ["after", "before"])
    if (byId(id).validity.badInput) return [id, `“${id === "after" ? "From" : "Until"}” is not a whole date. Pick a day, or clear the field.`];
  const [after, before] = [byId("after").value, byId("before").value];
  if (after && before && after > before) return ["before", "“Until” is before “From”. Swap the two days."];
  if ((after || before) && !range.first) return [after ? "after" : "before", "No document here has a date, so none would be looked at. Clear the field."];
  if (after && after > range.last) return ["after", `No document here is dated so late. The last is of ${range.last}.`];
  if (before && before < range.first) return ["before", `No document here is dated so early. The first is of ${range.first}.`];
  return null;
}

function read() {
  const wrong = problem();
  for (const id of ["after", "before"]) byId(id).toggleAttribute("aria-invalid", wrong?.[0] === id);
  note(wrong?.[1] || "");
  if (wrong) return;
  Object.assign(state.filters, { after: byId("after").value, before: byId("before").value, publishers: byId("publisher").value ? [byId("publisher").value] : [] });
  drawChips();
}

/** Whether the question may be sent: a filter that cannot be understood is told in its field. */
export function filtersAreClear() {
  const wrong = problem();
  if (!wrong) return true;
  openFilters(true);
  read();
  byId(wrong[0]).focus();
  announce(wrong[1]);
  return false;
}

export function clearFilters() {
  for (const id of ["after", "before", "publisher"]) byId(id).value = "";
  state.filters = { after: "", before: "", publishers: [], documents: [], group: null };
  emit("filters-changed");
  read();
  openFilters(false);
  document.activeElement === byId("after") && byId("question").focus();
}

let understood = "";

/** what: what the typed question names, ranked higher. */
export function showUnderstood(what) {
  understood = what;
  drawChips();
}

function chosenLabel() {
  const { documents, group } = state.filters;
  const n = documents.length;
  if (group) return `Only the group “${group.title}” (${n < group.n ? `the first ${n.toLocaleString("en")} of ` : ""}${count(group.n, "document")})`;
  return n === 1 ? `Only “${documents[0].title}”` : `Only ${n.toLocaleString("en")} chosen documents`;
}

export function drawChips() {
  const { after, before, publishers, documents } = state.filters;
  const made = [];
  const chip = (label, off) => {
    const remove = button("Remove", () => {
      off();
      byId("question").focus();
    }, { class: "chip-remove", "aria-label": `Remove: ${label}` });
    made.push(el("span", { class: "chip" }, el("span", {}, label), remove));
  };
  const without = (id) => () => {
    byId(id).value = "";
    read();
  };
  if (after) chip(`From ${after}`, without("after"));
  if (before) chip(`Until ${before}`, without("before"));
  if (publishers.length) chip(publishers[0], without("publisher"));
  if (documents.length) chip(chosenLabel(), () => emit("choose-documents", []));
  if (understood && !state.literal)
    chip(`Ranks higher: ${understood}`, () => {
      state.literal = true;
      drawChips();
    });
  byId("chips").replaceChildren(...made);
}
