// Small dialogs: a confirmation, a name, a message.

import { button, byId, el } from "./dom.js";

/** Show `content` in the small dialog; resolves with the argument of `done(value)`, or null when it is closed. */
export function ask(title, build) {
  const dialog = byId("small-dialog");
  return new Promise((resolve) => {
    let answer = null;
    const done = (value) => {
      answer = value;
      dialog.close();
    };
    dialog.replaceChildren(el("h2", { id: "small-dialog-title" }, title), build(done));
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
  });
}

export const confirmDialog = (title, text, yes) =>
  ask(title, (done) =>
    el("div", {}, el("p", {}, text),
      el("div", { class: "row end" }, button("Cancel", () => done(null)), button(yes, () => done(true), { class: "primary danger" }))));

/** A confirmation with a checkbox: resolves with whether it was checked, or null when closed. */
export const choiceDialog = (title, text, choice, yes) =>
  ask(title, (done) => {
    const box = el("input", { type: "checkbox" });
    return el("div", {}, el("p", {}, text), choice && el("label", { class: "row" }, box, el("span", {}, choice)),
      el("div", { class: "row end" }, button("Cancel", () => done(null)), button(yes, () => done(box.checked), { class: "primary danger" })));
  });

export const nameDialog = (title, label, value = "") =>
  ask(title, (done) => {
    const box = el("input", { type: "text", required: true, maxlength: "80", autocomplete: "off" });
    box.value = value;
    const form = el("form", {}, el("label", { class: "field" }, el("span", {}, label), box),
      el("div", { class: "row end" }, button("Cancel", () => done(null)), el("button", { type: "submit", class: "primary" }, "Save")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (box.value.trim()) done(box.value.trim());
    });
    return form;
  });

export const notify = (title, text) =>
  ask(title, (done) => el("div", {}, el("p", {}, text), el("div", { class: "row end" }, button("Close", () => done(null), { class: "primary" }))));
