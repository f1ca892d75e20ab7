// The quotation of a citation, shown when the pointer or the keyboard is on its number.

import { byId, el } from "./dom.js";

const MAX_CHARS = 320;
let waiting = 0;

export function startHint() {
  for (const event of ["mouseover", "focusin"])
    document.addEventListener(event, ({ target }) => {
      const citation = target.closest?.(".citation");
      if (!citation?.dataset.quote) return hide();
      clearTimeout(waiting);
      waiting = setTimeout(() => show(citation), event === "focusin" ? 0 : 250);
      return undefined;
    });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  // The source is open then.
  document.addEventListener("click", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
}

function show(citation) {
  if (!citation.isConnected) return;
  const hint = byId("hint");
  const { quote, about } = citation.dataset;
  hint.replaceChildren(el("p", {}, `“${quote.length > MAX_CHARS ? `${quote.slice(0, MAX_CHARS)}…` : quote}”`), el("p", { class: "quiet" }, about));
  hint.hidden = false;
  const box = citation.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, window.innerWidth - hint.offsetWidth - 8));
  const below = box.bottom + 6;
  hint.style.left = `${left}px`;
  hint.style.top = `${below + hint.offsetHeight < window.innerHeight ? below : Math.max(8, box.top - hint.offsetHeight - 6)}px`;
}

function hide() {
  clearTimeout(waiting);
  byId("hint").hidden = true;
}
