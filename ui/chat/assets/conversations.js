// The list of conversations, and the open one.

import { get, query, send } from "./api.js";
import { announce, button, byId, el, icon } from "./dom.js";
import { confirmDialog, nameDialog } from "./dialogs.js";
import { guarded } from "./problems.js";
import { emit, on, state } from "./state.js";
import { TurnView } from "./turn.js";
import { show as showView, viewInAddress } from "./views/views.js";

let turns = [];
let searching = 0;
// Other tabs of this browser.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("askive") : null;

export function startConversations() {
  byId("new-conversation").addEventListener("click", () => begin(true));
  byId("search").addEventListener("input", () => {
    clearTimeout(searching);
    searching = setTimeout(() => guarded(list), 150);
  });
  byId("open-nav").addEventListener("click", () => showNav(!document.body.classList.contains("nav-open")));
  on("conversations-changed", () => guarded(list));
  // The conversation that is shown may have lost answers.
  on("quotes-deleted", () => guarded(() => (state.conversation ? refresh() : list())));
  window.addEventListener("hashchange", () => guarded(openFromAddress));
  tabs?.addEventListener("message", ({ data: id }) => guarded(() => (id === state.conversation?.conversation_id ? refresh() : list())));
  document.addEventListener("visibilitychange", () => document.hidden || guarded(refresh));
  on("online", () => guarded(refresh));
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
  const groups = new Map();
  for (const conversation of found) {
    const label = period(new Date(conversation.changed_at * 1000));
    groups.set(label, [...(groups.get(label) || []), conversation]);
  }
  const several = new Set(found.map((conversation) => conversation.collection)).size > 1;
  byId("conversations").replaceChildren(
    ...[...groups].flatMap(([label, group]) => [el("h2", { class: "group" }, label), el("ul", {}, group.map((conversation) => row(conversation, several)))]),
  );
}

function period(day) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight - day.getTime()) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Last 7 days";
  return day.toLocaleDateString("en", { month: "long", year: "numeric" });
}

/** withCollection: the conversations are about several, so each names its own. */
function row(conversation, withCollection) {
  const here = conversation.conversation_id === state.conversation?.conversation_id;
  const { title } = conversation;
  const link = { href: `#${conversation.conversation_id}`, "aria-current": here ? "page" : null, title, onclick: () => document.body.classList.remove("nav-open") };
  return el(
    "li",
    { class: here ? "here" : "" },
    el("a", link, el("span", { class: "conversation-title" }, title), withCollection && el("span", { class: "quiet" }, conversation.collection)),
    el("span", { class: "row-actions" },
      button(icon("pen"), () => guarded(() => rename(conversation)), { "aria-label": `Rename: ${title}`, title: "Rename" }),
      button(icon("cross"), () => guarded(() => remove(conversation)), { "aria-label": `Delete: ${title}`, title: "Delete" })),
  );
}

async function rename(conversation) {
  const name = await nameDialog("Rename the conversation", "Name", conversation.title);
  if (name === null) return;
  const reply = await send("PATCH", `conversations/${conversation.conversation_id}`, { name });
  if (state.conversation?.conversation_id === reply.conversation_id) title(reply.title);
  tabs?.postMessage(reply.conversation_id);
  await list();
}

async function remove(conversation) {
  const sure = await confirmDialog("Delete the conversation?", `“${conversation.title}” will be deleted. This cannot be undone.`, "Delete for good");
  if (!sure) return;
  await send("DELETE", `conversations/${conversation.conversation_id}`);
  announce("The conversation was deleted");
  tabs?.postMessage(conversation.conversation_id);
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
  byId("main").scrollTop = 0;
  byId("conversation-actions").hidden = true;
  if (byHand || viewInAddress() === "chat") {
    history.replaceState(null, "", location.pathname);
    showView("chat");
  }
  title("");
  emit("conversation-changed");
  guarded(list);
  if (byHand) {
    document.body.classList.remove("nav-open");
    byId("question").focus();
  }
}

export async function openFromAddress() {
  if (viewInAddress() !== "chat") return list();
  const id = location.hash.slice(1);
  if (!/^[0-9a-f]{32}$/.test(id)) return begin();
  if (id === state.conversation?.conversation_id) return list();
  try {
    draw(await get(`conversations/${id}`));
    emit("conversation-changed", state.conversation);
    turns.at(-1)?.element.scrollIntoView({ block: "start" });
  } catch (error) {
    begin();
    throw error;
  }
  return list();
}

/** Show a conversation as the server has it; answers that are being written go on here. */
function draw(found) {
  leave();
  state.conversation = found;
  adopt(found);
  turns = found.turns.map((turn) => new TurnView(turn));
  byId("turns").replaceChildren(...turns.map((turn) => turn.element));
  byId("welcome").hidden = turns.length > 0;
  for (const [at, turn] of turns.entries()) {
    if (turn.answer) continue;
    if (found.turns[at].running) guarded(() => follow(turn));
    else turn.showFailure({ message: "This answer was cut off", remedy: "ask again with Retry" });
  }
}

/** Show what another tab or another machine has changed in this conversation. */
async function refresh() {
  const id = state.conversation?.conversation_id;
  if (!id || state.running) return list();
  const all = await get("conversations");
  if (!all.some((other) => other.conversation_id === id)) return begin();
  const found = await get(`conversations/${id}`);
  if (state.running || state.conversation?.conversation_id !== id) return undefined;
  const same = (turn, at) => turns[at]?.turn_id === turn.turn_id && Boolean(turns[at].answer) === Boolean(turn.answer);
  if (found.turns.length !== turns.length || !found.turns.every(same)) draw(found);
  else title(found.title);
  return list();
}

function adopt(kept) {
  title(kept.title);
  byId("conversation-actions").hidden = false;
  byId("export-markdown").href = `/chat/conversations/${kept.conversation_id}/export?form=markdown`;
  byId("export-docx").href = `/chat/conversations/${kept.conversation_id}/export?form=docx`;
  byId("export-html").href = `/chat/conversations/${kept.conversation_id}/export?form=html`;
}

async function follow(turn) {
  state.running = turn;
  emit("running");
  await turn.follow("follow", { turn_id: turn.turn_id });
  settle(turn);
  tabs?.postMessage(state.conversation?.conversation_id);
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
  document.body.classList.remove("nav-open");
  await turn.follow("ask", { ...asked, question, replace: replace || null, conversation_id: state.conversation?.conversation_id || null });
  settle(turn);
  if (turn.refused) {
    // Nothing was stored: the question goes back to where it was typed.
    turns = turns.filter((other) => other !== turn);
    turn.element.classList.add("not-asked");
    emit("refused", question);
  }
  tabs?.postMessage(state.conversation?.conversation_id);
}

on("begun", (event) => guarded(() => adoptBegun(event)));

async function adoptBegun(event) {
  tabs?.postMessage(event.conversation_id);
  const isNew = state.conversation?.conversation_id !== event.conversation_id;
  if (isNew) {
    history.replaceState(null, "", `#${event.conversation_id}`);
    state.conversation = { conversation_id: event.conversation_id, title: "" };
  }
  // An edited first question renames the conversation.
  const found = await get(`conversations/${event.conversation_id}`);
  if (state.conversation?.conversation_id !== event.conversation_id) return undefined;
  state.conversation = found;
  adopt(found);
  return list();
}
