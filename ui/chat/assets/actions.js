// What one can do with an answer: copy, pin, retry, change its kind, say whether it was right.

import { get, send } from "./api.js";
import { cost } from "./answer.js";
import { copy } from "./clipboard.js";
import { announce, button, el, icon } from "./dom.js";
import { goldDialog } from "./feedback.js";
import { guarded } from "./problems.js";
import { emit, state } from "./state.js";

const RIGHT = [["right", "Yes"], ["wrong", "No"], ["wrong_source", "Wrong source"]];

/** failed: there is no answer, so it can only be asked for again. */
export function actions(turn, failed) {
  const again = labelled("again", "Retry", () => emit("ask", turn.question, { replace: turn.turn_id, kind: turn.asked.kind || null }));
  if (failed) return el("div", { class: "actions" }, again);
  const copying = labelled("copy", "Copy", async () => {
    const { text, html } = await get(`turns/${turn.turn_id}/copy`);
    const done = (await copy(text, html)) ? "Copied" : "Not copied";
    announce(done === "Copied" ? "Copied with its citations" : "The browser did not permit copying");
    copying.lastChild.lastChild.textContent = done;
    setTimeout(() => (copying.lastChild.lastChild.textContent = "Copy"), 2000);
  });
  return el("div", { class: "actions" }, copying, pinButton(turn), again, kindChoice(turn), more(turn), judgement(turn));
}

const labelled = (shape, label, work, props = {}) => button(el("span", { class: "labelled" }, icon(shape), el("span", {}, label)), () => guarded(work), props);

function pinButton(turn) {
  const made = labelled("pin", "Pin", async () => {
    await send("POST", "notebook", { turn_id: turn.turn_id });
    announce("Pinned to the notebook");
    made.lastChild.lastChild.textContent = "Pinned";
    emit("notebook-changed");
  }, { title: "Pin this answer to the notebook" });
  return made;
}

/** "Answered as ...": another choice asks again. */
function kindChoice(turn) {
  if (!state.kinds.length) return null;
  const options = state.kinds.map(({ kind, words }) => el("option", { value: kind, selected: kind === turn.answer.kind }, words));
  if (!turn.answer.kind) options.unshift(el("option", { value: "", selected: true }, "the best passages"));
  const select = el("select", { class: "kind" }, options);
  select.addEventListener("change", () => emit("ask", turn.question, { replace: turn.turn_id, kind: select.value || null }));
  return el("label", { class: "answered-as" }, "Answered as ", select);
}

/** A menu: it closes when something is chosen, at a click elsewhere, and at Escape. */
function more(turn) {
  const summary = el("summary", {}, "More");
  const menu = el("details", { class: "more" }, summary,
    el("div", { class: "more-body" },
      button("Save as gold question", () => {
        menu.open = false;
        goldDialog(turn);
      }),
      el("p", { class: "cost" }, cost(turn.answer))));
  const elsewhere = ({ target }) => menu.contains(target) || (menu.open = false);
  menu.addEventListener("toggle", () => (menu.open ? document.addEventListener : document.removeEventListener).call(document, "pointerdown", elsewhere));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    summary.focus();
  });
  return menu;
}

function judgement(turn) {
  const made = RIGHT.map(([value, label]) => {
    const choice = button(label, () => guarded(() => judge(value)), { "aria-pressed": String(turn.feedback === value) });
    choice.value = value;
    return choice;
  });
  const judge = async (value) => {
    const reply = await send("PUT", `turns/${turn.turn_id}/feedback`, { feedback: turn.feedback === value ? null : value });
    turn.feedback = reply.feedback;
    for (const other of made) other.setAttribute("aria-pressed", String(other.value === turn.feedback));
    announce(turn.feedback ? "Saved, thank you" : "Removed");
  };
  return el("div", { class: "judgement", role: "group", "aria-label": "Was this right?" }, el("span", { class: "quiet" }, "Was this right?"), made);
}
