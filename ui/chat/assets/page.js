// Entry point of the page.

import { get } from "./api.js";
import { openFromAddress, startConversations } from "./conversations.js";
import { startComposer } from "./composer.js";
import { choose, startDocuments } from "./documents.js";
import { button, byId, el } from "./dom.js";
import { startSource } from "./source.js";
import { emit, on, state } from "./state.js";

const EXAMPLES = {
  seeds: [
    "How many jets and helicopters did Russia have in Latakia?",
    "Who described Raqqa as the head of the snake?",
    "Why would bombing carry a high cost in Kunduz?",
  ],
};

function appearance() {
  const select = byId("appearance");
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
}

function examples() {
  const list = EXAMPLES[state.collection] || [];
  byId("examples").replaceChildren(
    ...(state.collection
      ? list.map((question) => button(question, () => emit("ask", question), { class: "example" }))
      : [el("p", {}, "There are no documents yet."), button("Add documents", () => emit("open-documents"), { class: "primary" })]),
  );
}

async function start() {
  appearance();
  startSource();
  startConversations();
  startComposer();
  startDocuments();
  on("collection-changed", examples);
  on("conversation-changed", (kept) => {
    const known = [...byId("collection").options].some((option) => option.value === kept?.collection);
    if (known && kept.collection !== state.collection) choose(kept.collection);
  });
  const reply = await get("state");
  byId("model").replaceChildren(...reply.models.map(({ id }) => el("option", { value: id }, id)));
  const chooseModel = ({ id, disclosure }) => {
    state.model = id;
    byId("disclosure").textContent = disclosure || "Nothing leaves this machine.";
    byId("disclosure").classList.toggle("sends", Boolean(disclosure));
  };
  byId("model").addEventListener("change", () => chooseModel(reply.models[byId("model").selectedIndex]));
  chooseModel(reply.models[0]);
  state.collection = reply.collection;
  await choose(reply.collection);
  await openFromAddress();
  byId("question").focus({ preventScroll: true });
  document.body.dataset.ready = "yes";
}

start();
