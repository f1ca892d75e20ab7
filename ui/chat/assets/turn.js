// One question with its answer: while it streams, when it is complete, and its actions.

import { actions } from "./actions.js";
import * as answers from "./answer.js";
import { stream } from "./api.js";
import { announce, button, el, oneLine, sentence } from "./dom.js";
import { emit } from "./state.js";
import { rows } from "./tables.js";

export class TurnView {
  /** kept: `{ turn_id, question, asked, answer, feedback }`; turn_id is null until the server knows it. */
  constructor(kept) {
    Object.assign(this, { turn_id: null, answer: null, feedback: null, ...kept });
    this.said = "";
    this.spoken = 0;
    this.question_box = el("div", { class: "question" });
    this.body = el("div", { class: "answer" });
    this.element = el("article", { class: "turn", "aria-label": `Question: ${this.question}` }, this.question_box, this.body);
    this.showQuestion();
    if (this.answer) this.showFinal(this.answer);
  }

  showQuestion() {
    const edit = button("Edit", () => this.edit(), { class: "plain quiet-button", "aria-label": `Edit the question: ${this.question}` });
    this.question_box.replaceChildren(el("h2", {}, this.question), edit);
  }

  edit() {
    const box = el("textarea", { rows: "2", "aria-label": "Edit the question" });
    box.value = this.question;
    const again = button("Ask again", () => {
      if (box.value.trim()) emit("ask", box.value.trim(), { replace: this.turn_id });
    }, { class: "primary" });
    const keep = button("Cancel", () => this.showQuestion());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        again.click();
      } else if (event.key === "Escape") keep.click();
    });
    const later = this.element.nextElementSibling && el("p", { class: "quiet" }, "Later questions will be removed.");
    this.question_box.replaceChildren(el("div", { class: "editing" }, box, later, el("div", { class: "row" }, again, keep)));
    box.focus();
  }

  /** Begin or resume the stream; resolves when the answer is complete. */
  async follow(name, data) {
    this.said = "";
    this.spoken = 0;
    this.status = el("p", { class: "status" }, "Searching your documents…");
    this.lead = el("div");
    this.live = el("div", { class: "text", "aria-busy": "true" });
    this.paragraph = el("p");
    this.live.append(this.paragraph);
    // Not checked yet, and therefore quieter.
    this.tail = el("span", { class: "pending" });
    this.paragraph.append(this.tail);
    this.sentences = [];
    this.body.replaceChildren(this.lead, this.live, this.status);
    try {
      this.leaving = new AbortController();
      for await (const { kind, value } of stream(name, data, this.leaving.signal)) {
        if (this.leaving.signal.aborted) return;
        // The last batch arrives twice: as an event, and as the end of the stream.
        if (kind === "generating") for (const event of value.events) this.take(event);
      }
      if (!this.answer && !this.refused) this.showFailure({ message: "The answer did not arrive", remedy: "ask again" });
    } catch (error) {
      if (!this.leaving.signal.aborted) this.showFailure(error);
    }
  }

  /** Another conversation was opened; the answer goes on without this page. */
  leave() {
    this.leaving?.abort();
  }

  take(event) {
    if (event.kind === "begun") {
      this.turn_id = event.turn_id;
      emit("begun", event, this);
    } else if (event.kind === "refused") {
      this.refused = true;
      this.showFailure(event);
    } else if (event.kind === "waiting") {
      this.status.textContent = event.n_before === 1 ? "Another question is answered first…" : `${event.n_before} other questions are answered first…`;
    } else if (event.kind === "searching") {
      this.status.textContent = "Searching your documents…";
    } else if (event.kind === "sources") {
      if (event.first) {
        this.lead.replaceChildren(answers.firstQuote(this, event.first));
        announce(`Found in ${event.first.title}: ${event.first.quote}`);
      }
      this.status.textContent = "Reading…";
    } else if (event.kind === "progress") {
      this.status.textContent = `Reading… ${event.done} of ${event.total} ${event.what}`;
    } else if (event.kind === "token") {
      this.said += event.text;
      this.tail.textContent = this.said;
      this.status.textContent = "Writing…";
    } else if (event.kind === "cited") {
      this.settle(event.sentence);
    } else if (event.kind === "final") {
      this.answer = event.answer;
      this.live.removeAttribute("aria-busy");
      this.showFinal(event.answer, true);
    }
  }

  /** A sentence is complete: show its citations and announce it. */
  settle(view) {
    this.sentences.push(view);
    const at = this.said.indexOf(view.text);
    if (at < 0) return;
    if (this.tail.previousSibling) this.tail.before(" ");
    this.tail.before(answers.sentence(this, view));
    this.said = this.said.slice(at + view.text.length);
    this.tail.textContent = this.said;
    announce(view.text);
    this.spoken += 1;
  }

  showFailure({ message, remedy }) {
    const text = `${sentence(message)} ${sentence(remedy)}`;
    this.body.replaceChildren(el("p", { class: "failure" }, text), actions(this, true));
    announce(text);
  }

  showFinal(answer, fresh = false) {
    this.answer = answer;
    if (answer.failure) return this.showFailure(answer.failure);
    const parts = [];
    if (answer.refusal) parts.push(answers.refusal(this, answer));
    else {
      if (answer.first) parts.push(answers.firstQuote(this, answer.first, answer));
      if (answer.disagreement.length) parts.push(answers.disagreement(this, answer.disagreement));
      parts.push(answer.sentences.length ? answers.text(this, answer) : el("div", { class: "text" }, el("p", {}, answer.text)));
      parts.push(rows(this, answer));
    }
    const missing = answers.missing(answer);
    if (missing) parts.push(el("p", { class: "unanswered" }, missing));
    const summary = answers.summary(answer);
    if (!answer.refusal) parts.push(answers.filtered(this, answer));
    parts.push(this.understood(answer), summary && el("p", { class: "status" }, summary), answers.leftOut(answer), answers.sources(this, answer), answers.setAside(this, answer), actions(this, false), this.next(answer));
    const focused = this.body.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    this.body.replaceChildren(...parts.filter(Boolean));
    if (focused) [...this.body.querySelectorAll("[aria-label]")].find((other) => other.getAttribute("aria-label") === focused)?.focus({ preventScroll: true });
    if (!fresh) return undefined;
    const unspoken = answer.sentences.slice(this.spoken).map((view) => view.text).join(" ");
    announce(answer.refusal ? answer.text : oneLine(`${unspoken} ${missing} ${summary}`) || "The answer is complete");
    return undefined;
  }

  /** Questions that surely have an answer; older stored answers have none. */
  next(answer) {
    if (!answer.next?.length) return null;
    return el("div", { class: "next" }, answer.next.map(({ question, kind }) => button(question, () => emit("ask", question, { kind }), { class: "example" })));
  }

  understood(answer) {
    if (!answer.understood) return null;
    const off = button("Ask without", () => emit("ask", this.question, { replace: this.turn_id, literal: true }), {
      class: "chip-remove",
      "aria-label": `Ask again without ranking higher: ${answer.understood}`,
    });
    return el("p", { class: "understood" }, el("span", { class: "chip" }, el("span", {}, `Ranked higher: ${answer.understood}`), off));
  }
}

export const citationsOf = (answer) => {
  const found = [];
  const seen = new Set();
  const add = (citation) => {
    const key = `${citation.uri}\n${citation.start}\n${citation.end}`;
    if (!seen.has(key)) {
      seen.add(key);
      found.push(citation);
    }
  };
  if (answer.first && !answer.refusal) add(answer.first);
  answer.disagreement.forEach((item) => item.citations.forEach(add));
  answer.sentences.forEach((view) => view.citations.forEach(add));
  answer.rows?.forEach((row) => row.citations.forEach(add));
  if (answer.refusal) answer.refusal.nearby.forEach(add);
  return found;
};
