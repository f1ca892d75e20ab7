// Files being added: the queue. It lives outside any dialog, small files first; the tray (tray.js) shows it.

import { capital, sentence } from "../dom.js";
import { guarded, report, serverIsGone } from "../problems.js";
import { emit, on } from "../state.js";
import { collectionForFiles, pathOf } from "./collections.js";
import { beTheOneTab, forget, keep, keptFiles } from "./pending.js";

const LARGE_BYTES = 4e6;
const MAX_AT_ONCE = 3;
const BUSY_MS = 1000;
const isActive = (job) => job.state === "sending" || job.state === "indexing";

/** { id, name, size, collection, replace, file, state, text }; state: waiting, sending, indexing, done, failed, hidden. */
export const jobs = [];

export function startUploads() {
  on("online", next);
  beTheOneTab().then(async () => {
    for (const job of await keptFiles()) {
      if (jobs.some((other) => other.id === job.id)) continue;
      const isOver = job.state === "failed";
      jobs.push(isOver ? job : { ...job, state: "waiting", text: "Waiting" });
    }
    changed();
    next();
  });
}

/** files: [{ file, name }]; hidden ones are left out, and the tray says so. */
export async function add(files, replace = false) {
  if (!files.length) return;
  const collection = await guarded(collectionForFiles);
  if (!collection) return;
  const isHidden = ({ name }) => name.split("/").some((part) => part.startsWith("."));
  for (const { file, name } of files.filter((one) => !isHidden(one))) {
    const job = { id: newId(), name, size: file.size, collection, replace, file, state: "waiting", text: "Waiting" };
    jobs.push(job);
    keep(job);
  }
  const hidden = files.filter(isHidden);
  if (hidden.length) {
    const names = hidden.map(({ name }) => name);
    const text = "Left out: files whose name starts with a dot are hidden";
    jobs.push({ id: newId(), name: names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", "), state: "hidden", text });
  }
  changed();
  next();
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function cancel(job) {
  job.request?.abort();
  drop(job);
}

export function retry(job) {
  set(job, "waiting", "Waiting");
  next();
}

/** Add a file again in the place of the one that has its name. */
export function replaceEarlier(job) {
  const { file, name } = job;
  drop(job);
  add([{ file, name }], true);
}

export function clearEnded() {
  for (const job of jobs.filter((one) => !isActive(one) && one.state !== "waiting")) drop(job);
}

function drop(job) {
  forget(job.id);
  if (jobs.includes(job)) jobs.splice(jobs.indexOf(job), 1);
  changed();
}

function set(job, state, text) {
  Object.assign(job, { state, text });
  if (state === "done") forget(job.id);
  else if (state === "failed") keep({ ...job, file: job.canRetry ? job.file : null });
  changed();
}

const changed = () => emit("uploads-changed");

/** Start what may start: the smallest waiting file, at most one large one at a time. */
function next() {
  if (serverIsGone()) return;
  const active = jobs.filter(isActive);
  if (active.length >= MAX_AT_ONCE) return;
  const hasLarge = active.some((job) => job.size > LARGE_BYTES);
  const waiting = jobs.filter((job) => job.state === "waiting" && job.file && !(hasLarge && job.size > LARGE_BYTES));
  const [job] = waiting.sort((a, b) => a.size - b.size);
  if (!job) return;
  send(job);
  next();
}

/** A request that tells both its progress and that of the server, one line each; `fetch` does not tell the first. */
function send(job) {
  const request = (job.request = new XMLHttpRequest());
  let read = 0;
  let last = null;
  set(job, "sending", "Sending");
  request.open("PUT", `/chat/${pathOf(job.collection)}/files?replace=${Boolean(job.replace)}`);
  request.setRequestHeader("X-File-Name", encodeURIComponent(job.name));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.onprogress = (event) => {
    if (event.lengthComputable && event.loaded < event.total) set(job, "sending", `Sending, ${Math.floor((100 * event.loaded) / event.total)} %`);
  };
  const take = () => {
    for (;;) {
      const end = request.responseText.indexOf("\n", read);
      if (end < 0) return;
      last = parsed(request.responseText.slice(read, end)) || last;
      read = end + 1;
      if (last?.step === "reading") set(job, "indexing", "Reading");
      else if (last?.step === "indexing") set(job, "indexing", `${last.done.toLocaleString("en")} passages so far`);
    }
  };
  request.onprogress = () => request.status === 200 && take();
  request.onload = () => {
    if (request.status === 200) take();
    else last = { step: "failed", retry: request.status >= 500, ...(parsed(request.responseText) || { message: `The server answered ${request.status}`, remedy: "try again" }) };
    ended(job, request.status, last);
  };
  request.onerror = () => lost(job);
  request.onabort = () => next();
  request.send(job.file);
}

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

function ended(job, status, last) {
  if (!jobs.includes(job)) return next();
  if (status === 429) {
    set(job, "waiting", "Waiting for other files");
    return setTimeout(next, BUSY_MS);
  }
  if (last?.step === "done") {
    const passages = last.n_passages === 1 ? "1 passage" : `${last.n_passages} passages`;
    job.renamed = last.renamed;
    set(job, "done", last.unchanged ? "Already there" : last.renamed ? `There is another file of this name. Added beside it as ${last.renamed}` : `Added, ${passages}`);
    emit("documents-changed");
  } else if (!last || last.step !== "failed") return lost(job);
  else {
    job.canRetry = last.retry;
    set(job, "failed", `${sentence(last.message)} ${sentence(capital(last.remedy))}`);
    // It stands in the list of files that were not read.
    emit("documents-changed");
  }
  return next();
}

/** The server went away: the file waits until it is back. */
function lost(job) {
  if (!jobs.includes(job)) return;
  set(job, "waiting", "Waiting for Askive");
  report({ isOffline: true });
}
