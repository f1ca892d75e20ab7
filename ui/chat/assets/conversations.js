// The list of conversations, and the open one.

import { get, query, send } from "./api.js";
import { announce, button, byId, el, icon } from "./dom.js";
import { confirmDialog, nameDialog } from "./dialogs.js";
import { emit, on, state } from "./state.js";
import { TurnView } from "./turn.js";

let turns = [];
let searching = 0;

export function startConversations() {
  byId("new-conversation").addEventListener("click", () => begin(true));
  byId("search").addEventListener("input", () => {
    clearTimeout(searching);
    searching = setTimeout(list, 150);
  });
  byId("open-nav").addEventListener("click", () => showNav(!document.body.classList.contains("nav-open")));
  on("conversations-changed", list);
  // The conversation that is shown may have lost answers.
  on("quotes-deleted", () => (state.conversation ? begin(true) : list()));
  window.addEventListener("hashchange", openFromAddress);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("nav-open")) showNav(false);
  });
}

function showNav(open) {
  document.body.classList.toggle("nav-open", open);
  byId("open-nav").setAttribute("aria-expanded", String(open));
  (open ? byId("search") : byId("open-nav")).focus();
}

export async function list() {
  const found = await get(`conversations?${query({ search: byId("search").value })}`);
  byId("no-conversations").hidden = found.length > 0 || !byId("search").value;
  byId("conversations").replaceChildren(...found.map(row));
}

function row(conversation) {
  const here = conversation.conversation_id === state.conversation?.conversation_id;
  const { title } = conversation;
  return el(
    "li",
    { class: here ? "here" : "" },
    el("a", { href: `#${conversation.conversation_id}`, "aria-current": here ? "page" : null, title, onclick: () => document.body.classList.remove("nav-open") }, title),
    el("span", { class: "row-actions" },
      button(icon("pen"), () => rename(conversation), { "aria-label": `Rename: ${title}`, title: "Rename" }),
      button(icon("cross"), () => remove(conversation), { "aria-label": `Delete: ${title}`, title: "Delete" })),
  );
}

async function rename(conversation) {
  const name = await nameDialog("Rename the conversation", "Name", conversation.title);
  if (name === null) return;
  const reply = await send("PATCH", `conversations/${conversation.conversation_id}`, { name });
  if (state.conversation?.conversation_id === reply.conversation_id) title(reply.title);
  await list();
}

async function remove(conversation) {
  const sure = await confirmDialog("Delete the conversation?", `“${conversation.title}” will be deleted. This cannot be undone.`, "Delete for good");
  if (!sure) return;
  await send("DELETE", `conversations/${conversation.conversation_id}`);
  announce("The conversation was deleted");
  if (state.conversation?.conversation_id === conversation.conversation_id) begin(true);
  else await list();
}

function title(text) {
  document.title = text ? `${text} · Askive` : "Askive";
  byId("title").textContent = text || "New conversation";
}

function leave() {
  turns.forEach((turn) => turn.leave());
  turns = [];
  settle(state.running);
}

function settle(turn) {
  if (state.running !== turn) return;
  state.running = null;
  emit("running");
}

/** An empty page. */
export function begin(byHand = false) {
  leave();
  state.conversation = null;
  state.literal = false;
  byId("turns").replaceChildren();
  byId("welcome").hidden = false;
  byId("conversation-actions").hidden = true;
  history.replaceState(null, "", location.pathname);
  title("");
  emit("conversation-changed");
  list();
  if (byHand) {
    document.body.classList.remove("nav-open");
    byId("question").focus();
  }
}

export async function openFromAddress() {
  const id = location.hash.slice(1);
  if (!/^[0-9a-f]{32}$/.test(id)) return begin();
  if (id === state.conversation?.conversation_id) return list();
  try {
    const kept = await get(`conversations/${id}`);
    leave();
    state.conversation = kept;
    adopt(kept);
    turns = kept.turns.map((turn) => new TurnView(turn));
    byId("turns").replaceChildren(...turns.map((turn) => turn.element));
    byId("welcome").hidden = turns.length > 0;
    emit("conversation-changed", kept);
    for (const [at, turn] of turns.entries()) {
      if (turn.answer) continue;
      if (kept.turns[at].running) follow(turn);
      else turn.showFailure({ message: "This answer was cut off", remedy: "ask again with Retry" });
    }
    turns.at(-1)?.element.scrollIntoView({ block: "start" });
  } catch (error) {
    begin();
    announce(error.message);
  }
  list();
}

function adopt(kept) {
  title(kept.title);
  byId("conversation-actions").hidden = false;
  byId("export-markdown").href = `/chat/conversations/${kept.conversation_id}/export?form=markdown`;
  byId("export-html").href = `/chat/conversations/${kept.conversation_id}/export?form=html`;
}

async function follow(turn) {
  state.running = turn;
  emit("running");
  await turn.follow("follow", { turn_id: turn.turn_id });
  settle(turn);
}

/** Ask a question in this conversation. replace: a turn that is replaced, together with the later ones. */
export async function ask(question, asked, replace) {
  if (replace) {
    const at = turns.findIndex((turn) => turn.turn_id === replace);
    turns.splice(at).forEach((turn) => turn.element.remove());
  }
  const turn = new TurnView({ question, asked });
  turns.push(turn);
  byId("welcome").hidden = true;
  byId("turns").append(turn.element);
  turn.element.scrollIntoView({ block: "start" });
  state.running = turn;
  emit("running");
  await turn.follow("ask", { ...asked, question, replace: replace || null, conversation_id: state.conversation?.conversation_id || null });
  settle(turn);
}

on("begun", async (event) => {
  if (state.conversation?.conversation_id === event.conversation_id) return list();
  history.replaceState(null, "", `#${event.conversation_id}`);
  state.conversation = { conversation_id: event.conversation_id, title: "" };
  state.conversation = await get(`conversations/${event.conversation_id}`);
  adopt(state.conversation);
  list();
});
