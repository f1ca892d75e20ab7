// Save a question with its answer for the evaluation.

import { send } from "./api.js";
import { ask, notify } from "./dialogs.js";
import { announce, button, el, sentence } from "./dom.js";

export async function goldDialog(turn) {
  const refused = Boolean(turn.answer.refusal);
  const body = await ask("Save as gold question", (done) => {
    const answers = el("textarea", { rows: "3" });
    answers.value = refused ? "" : turn.answer.text;
    const none = el("input", { type: "checkbox" });
    none.checked = refused;
    const note = el("input", { type: "text", autocomplete: "off" });
    const form = el(
      "form",
      {},
      el("p", { class: "quiet" }, turn.question),
      el("label", { class: "field" }, el("span", {}, "Accepted answers, one on each line (short ones work best)"), answers),
      el("label", { class: "check" }, none, " The documents do not hold the answer"),
      el("label", { class: "field" }, el("span", {}, "Note"), note),
      el("div", { class: "row end" }, button("Cancel", () => done(null)), el("button", { type: "submit", class: "primary" }, "Save")),
    );
    const lines = () => answers.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const check = () => answers.setCustomValidity(none.checked || lines().length ? "" : "Write an accepted answer, or tick that there is none");
    answers.addEventListener("input", check);
    none.addEventListener("change", check);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      done({ answers: none.checked ? [] : lines(), note: note.value });
    });
    return form;
  });
  if (!body) return;
  try {
    const { folder } = await send("POST", `turns/${turn.turn_id}/gold`, body);
    announce("Saved");
    await notify("Saved", `Measure with: askive eval run ${folder}`);
  } catch (error) {
    await notify("Not saved", `${sentence(error.message)} ${sentence(error.remedy)}`);
  }
}
