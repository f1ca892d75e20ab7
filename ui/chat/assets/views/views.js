// The pages: the chat, documents, search, notebook, settings. The address says which one is shown.

import { byId } from "../dom.js";
import { emit, state } from "../state.js";

const NAMES = ["chat", "documents", "search", "notebook", "settings"];
let shown = "chat";
let focused = null;

export const shownView = () => shown;
export const viewInAddress = () => (NAMES.includes(location.hash.slice(1)) ? location.hash.slice(1) : "chat");

export function startViews() {
  window.addEventListener("hashchange", () => show(viewInAddress()));
  document.addEventListener("focusin", (event) => (focused = event.target));
  new MutationObserver(keepFocus).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
  show(viewInAddress(), true);
}

export function goTo(name) {
  const place = name === "chat" ? state.conversation?.conversation_id : name;
  history.pushState(null, "", place ? `#${place}` : location.pathname);
  show(name);
}

export function show(name, first = false) {
  const isNew = name !== shown;
  shown = name;
  document.body.dataset.view = name;
  for (const other of NAMES) byId(`view-${other}`).hidden = other !== name;
  for (const link of byId("places").querySelectorAll("a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (isNew || first) emit("view", name);
  if (isNew && !first) {
    document.body.classList.remove("nav-open");
    if (name !== "chat") byId(`view-${name}`).querySelector("h1")?.focus({ preventScroll: true });
  }
}

const mayHide = ({ type, removedNodes }) => type === "attributes" || [...removedNodes].some((node) => node.nodeType === Node.ELEMENT_NODE);

/** When the focused element disappears, the focus goes to a near place, not to the top of the page. */
function keepFocus(changes) {
  // The browser takes the focus off a hidden element only when it paints next.
  if (!focused || ![document.body, focused].includes(document.activeElement) || !changes.some(mayHide)) return;
  if (focused.isConnected && !focused.disabled && focused.getClientRects().length) return;
  focused = null;
  const dialog = document.querySelector("dialog[open]");
  const target = dialog?.querySelector("button, input, textarea") || (shown === "chat" ? byId("question") : byId(`view-${shown}`).querySelector("h1"));
  target?.focus({ preventScroll: true });
}
