// The tray at the edge of the page: each file that is being added, its state, and what can be done about it.

import { announce, button, byId, count, el, fileSize } from "../dom.js";
import { on } from "../state.js";
import { cancel, clearEnded, jobs, replaceEarlier, retry } from "./uploads.js";

const MAX_SHOWN = 200;
let isOpen = true;
let drawing = 0;
let wasBusy = false;

export function startTray() {
  on("uploads-changed", () => {
    drawing ||= requestAnimationFrame(() => {
      drawing = 0;
      draw();
    });
  });
  // One line is enough once something else is done: the list takes room from the answer.
  on("running", () => jobs.length && show(false));
  on("view", () => jobs.length && !jobs.some(isUnderWay) && show(false));
}

const isOver = (job) => job.state === "done" || job.state === "failed" || job.state === "hidden";
const isUnderWay = (job) => !isOver(job);

function draw() {
  const tray = byId("tray");
  tray.hidden = !jobs.length;
  if (!jobs.length) return;
  const n = { done: 0, failed: 0 };
  for (const job of jobs) if (job.state in n) n[job.state] += 1;
  const files = jobs.filter((job) => job.state !== "hidden").length;
  const isBusy = jobs.some(isUnderWay);
  if (isBusy && !wasBusy) isOpen = true;
  // After a reload only those that failed are left.
  const added = (isBusy || n.done > 0) && `${n.done.toLocaleString("en")} of ${count(files, "file")} added`;
  const failed = n.failed > 0 && (added ? `${n.failed.toLocaleString("en")} failed` : `${count(n.failed, "file")} could not be added`);
  const summary = [added, failed].filter(Boolean).join(" · ") || "Nothing was added";
  const bar = el("progress", { max: String(files || 1), value: String(n.done + n.failed), "aria-label": "Files" });
  const focused = tray.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") || document.activeElement.textContent : null;
  const scrolled = tray.querySelector("ul")?.scrollTop || 0;
  tray.replaceChildren(
    el("div", { class: "tray-head" }, el("strong", {}, summary), isBusy && bar,
      button(isOpen ? "Hide" : "Show", () => show(!isOpen), { class: "plain end", "aria-expanded": String(isOpen) }),
      !isBusy && button("Clear", clearEnded, { "aria-label": "Clear the list" })),
    isOpen ? el("ul", {}, inOrder().slice(0, MAX_SHOWN).map(row)) : "",
    isOpen && jobs.length > MAX_SHOWN ? el("p", { class: "quiet" }, `and ${count(jobs.length - MAX_SHOWN, "more file", "more files")}`) : "",
  );
  if (isOpen) tray.querySelector("ul").scrollTop = scrolled;
  if (focused) [...tray.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") || one.textContent) === focused)?.focus();
  if (wasBusy && !isBusy) announce(summary);
  wasBusy = isBusy;
}

/** What failed comes first: it needs a decision. */
function inOrder() {
  const place = { failed: 0, hidden: 1, sending: 2, indexing: 2, waiting: 3, done: 4 };
  return [...jobs].sort((a, b) => place[a.state] - place[b.state]);
}

function show(open) {
  if (open === isOpen) return;
  isOpen = open;
  draw();
}

function row(job) {
  const actions = [];
  if (job.state === "failed" && job.canRetry !== false && job.file) actions.push(button("Retry", () => retry(job), { "aria-label": `Retry: ${job.name}` }));
  if (job.state === "done" && job.renamed) actions.push(button("Replace the earlier file", () => replaceEarlier(job), { "aria-label": `Replace the earlier file: ${job.name}` }));
  if (isOver(job)) actions.push(job.state === "done" ? null : button("Dismiss", () => cancel(job), { "aria-label": `Dismiss: ${job.name}` }));
  else actions.push(button("Cancel", () => cancel(job), { "aria-label": `Cancel: ${job.name}` }));
  return el("li", { class: job.state }, el("span", { class: "name" }, job.name, job.size ? el("span", { class: "quiet" }, ` ${fileSize(job.size)}`) : ""),
    el("span", { class: "state" }, job.state === "failed" ? `Failed: ${job.text}` : job.text), ...actions);
}
