// An answer on the page: sentences with citations and verdicts, sources, timings.

import { button, count, el, icon, oneLine } from "./dom.js";
import { emit, isFiltered } from "./state.js";

export const VERDICTS = {
  quoted: { label: "quoted word for word", shape: null },
  supported: { label: "stands in the source", shape: "check" },
  unsupported: { label: "not supported", shape: "open" },
  unchecked: { label: "not checked", shape: "open" },
  cut_off: { label: "cut off", shape: "open" },
  contradicted: { label: "contradicted", shape: "cross" },
};

export function byline(view) {
  // Answers that were stored by earlier versions have the page only.
  const where = view.locator || (view.page ? `p. ${view.page}` : null);
  return [view.publisher, view.published, where].filter(Boolean).join(" · ");
}

/** Identifies a span, so that its number can be found in an answer. */
export const placeOf = (citation) => `${citation.start}-${citation.end} ${citation.uri}`;

/** A numbered button that opens the source pane; its shape and label show the verdict. */
export function citationButton(turn, citation, verdict = "supported") {
  const { label, shape } = VERDICTS[verdict];
  const made = el(
    "button",
    {
      type: "button",
      class: `citation ${verdict}`,
      "aria-label": `Source ${citation.number}, ${label}: ${citation.title}`,
      "data-quote": oneLine(citation.quote),
      "data-about": [citation.title, byline(citation), label].filter(Boolean).join(" · "),
      "data-place": placeOf(citation),
      onclick: () => emit("open-source", turn, citation, made),
    },
    String(citation.number),
    shape && icon(shape),
  );
  return made;
}

export function sentence(turn, view) {
  // The first number stays on the line of the last word.
  const [, head, last] = view.text.match(/^([^]*?)(\S*)$/);
  const numbers = [...new Map(view.citations.map((citation) => [citation.number, citation])).values()].map((citation) => citationButton(turn, citation, view.verdict));
  const parts = [head, el("span", { class: "together" }, last, numbers[0]), ...numbers.slice(1)];
  // A supported sentence without a source sums up the rows below it.
  if (!view.citations.length && view.verdict !== "supported") parts.push(el("span", { class: "verdict none" }, "no source"));
  if ((view.citations.length || view.verdict === "cut_off") && view.verdict !== "supported") {
    const why = (view.reasons || []).join("; ");
    parts.push(el("span", { class: `verdict ${view.verdict}` }, VERDICTS[view.verdict].label, why && `: ${why}`));
  }
  return el("span", { class: `sentence ${view.verdict}` }, ...parts);
}

/** The passage that was found first. answer: once it is there, the passage is folded away if no sentence rests on it. */
export function firstQuote(turn, citation, answer = null) {
  const used = !answer || answer.sentences.some((view) => view.citations.some((other) => other.uri === citation.uri && other.start < citation.end && citation.start < other.end));
  return el(
    "details",
    { class: "first", open: used },
    el("summary", {}, "Nearest passage"),
    el("blockquote", {}, oneLine(citation.quote)),
    sourceLine(turn, citation, "quoted"),
  );
}

export function text(turn, answer) {
  const body = el("div", { class: "text" });
  let paragraph = el("p");
  for (const view of answer.sentences) {
    if (view.lead.includes("\n") && paragraph.childNodes.length) {
      body.append(paragraph);
      paragraph = el("p");
    } else if (paragraph.childNodes.length) paragraph.append(" ");
    paragraph.append(sentence(turn, view));
  }
  body.append(paragraph);
  return body;
}

// Kinds that go through the whole collection, and find nothing where the question is worded otherwise than the documents.
const OF_ALL = ["list", "mentions", "timeline", "comparison", "summary", "who_said"];

/** An answer is of the documents that its filter admitted, also when the filter has long been changed. */
export const filtered = (turn, answer) => (isFiltered(turn.asked) ? el("p", { class: "only-some quiet" }, onlySome(turn, answer)) : null);

const onlySome = (turn, answer) => [
  `Only some documents were looked at${answer.filtered ? ` (${answer.filtered})` : ""}. `,
  button("Ask all documents", () => emit("ask", turn.question, { replace: turn.turn_id, unfiltered: true }), { class: "link" }),
];

export function refusal(turn, answer) {
  const { message, nearby, reason } = answer.refusal;
  const helps = [];
  if (isFiltered(turn.asked)) helps.push(el("li", {}, onlySome(turn, answer)));
  if (reason !== "empty_archive" && OF_ALL.includes(answer.kind))
    helps.push(el("li", {}, "All documents were gone through for what the question names. ",
      button("Answer it from the nearest passages instead", () => emit("ask", turn.question, { replace: turn.turn_id, kind: "fact" }), { class: "link" }), "."));
  if (reason !== "empty_archive") helps.push(el("li", {}, "Name the person, thing or date you mean."));
  helps.push(el("li", {}, el("a", { href: "#documents" }, "Add documents"), reason === "empty_archive" ? "." : " that may hold the answer."));
  return el(
    "div",
    { class: "refusal" },
    el("p", { class: "refusal-message" }, message),
    nearby.length && el("h3", {}, "Nearest passages"),
    nearby.length &&
      el("ul", { class: "nearby" }, nearby.map((citation) =>
        el("li", {}, el("blockquote", {}, oneLine(citation.quote)), sourceLine(turn, citation, "quoted")))),
    el("h3", {}, "What may help"),
    el("ul", { class: "helps" }, helps),
  );
}

/** The unanswered parts of the question; empty for older stored answers. */
export const missing = (answer) => (answer.unanswered?.length ? `The documents do not say: ${answer.unanswered.join("; ")}.` : "");

export function disagreement(turn, items) {
  return el(
    "section",
    { class: "disagreement", "aria-label": "The sources disagree" },
    el("h3", {}, "The sources disagree"),
    el("div", { class: "sides" }, items.map((item) =>
      el("div", { class: "side" }, el("p", { class: "value" }, item.value), el("p", { class: "quiet" }, item.published || "no date"),
        item.citations.map((citation) => sourceLine(turn, citation))))),
  );
}

function sourceLine(turn, citation, verdict = "supported") {
  return el("div", { class: "source-line" }, citationButton(turn, citation, verdict), el("span", { class: "name" }, citation.title, " ", el("span", { class: "quiet" }, byline(citation))));
}

export function sources(turn, answer) {
  const used = new Map();
  for (const view of [...answer.sentences, ...(answer.rows || [])]) for (const citation of view.citations) if (!used.has(citation.number)) used.set(citation.number, citation);
  const list = [...used.values()].sort((a, b) => a.number - b.number);
  const made = el("div", { class: "sources" });
  if (list.length)
    made.append(
      el("h3", {}, list.length === 1 ? "Source" : "Sources"),
      el("ol", {}, list.map((citation) =>
        el("li", {}, el("button", { type: "button", class: "source-button", onclick: (event) => emit("open-source", turn, citation, event.currentTarget) },
          el("span", { class: "n" }, String(citation.number)), el("span", { class: "name" }, citation.title, " ", el("span", { class: "quiet" }, byline(citation))))))),
    );
  if (answer.others?.length)
    made.append(
      el("details", {}, el("summary", {}, othersLabel(answer.others.length, list.length > 0 || answer.refusal?.nearby.length > 0)),
        el("ul", {}, answer.others.map((other) =>
          el("li", {}, el("button", { type: "button", class: "source-button", onclick: (event) => emit("open-source", turn, other, event.currentTarget) },
            el("span", { class: "name" }, other.title, " ", el("span", { class: "quiet" }, byline(other)))))))),
    );
  return made;
}

const othersLabel = (n, more) => (more ? `${count(n, "other document")} looked at` : `${count(n, "document")} looked at`);

/** What is not so; nothing when every sentence stands in its source. */
export function summary(answer) {
  const parts = [];
  const n = answer.sentences.length;
  const missing = answer.sentences.filter((view) => view.verdict !== "supported").length;
  if (missing) parts.push(n === 1 ? "The sentence was not found in the sources." : `${missing} of ${n} sentences were not found in the sources.`);
  if (answer.stopped) parts.push("Stopped.");
  return parts.join(" ");
}

/** Sentences without support: not part of the answer, but listed. */
export function leftOut(answer) {
  const { left_out: left } = answer;
  if (!left.length) return null;
  const label = left.length === 1 ? "One sentence was left out: no source says it" : `${left.length} sentences were left out: no source says them`;
  return el("details", { class: "left-out" }, el("summary", {}, label),
    el("ul", {}, left.map((view) => el("li", {}, view.text, view.reasons.length && el("span", { class: "quiet" }, view.reasons.join("; "))))));
}

/** Sentences that were not used as evidence; older stored answers have no such list. */
export function setAside(turn, answer) {
  const items = answer.set_aside || [];
  if (!items.length) return null;
  const label = `${items.length === 1 ? "One sentence was" : `${items.length} sentences were`} set aside: control tokens of a chat template`;
  return el("details", { class: "set-aside" }, el("summary", {}, label),
    el("ul", { class: "nearby" }, items.map((citation) =>
      el("li", {}, el("blockquote", {}, oneLine(citation.quote)), sourceLine(turn, citation, "quoted")))));
}

export function cost(answer) {
  const { model, first_word_ms: first, tokens_per_s: speed, total_ms: total } = answer.cost;
  const parts = [model];
  if (first) parts.push(`first word after ${(first / 1000).toFixed(1)} s`);
  else parts.push(`done after ${(total / 1000).toFixed(1)} s`);
  if (speed) parts.push(`${speed} tokens/s`);
  return parts.join(" · ");
}
