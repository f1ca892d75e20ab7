// Requests to the server: JSON, and Gradio's event streams.

import { capital } from "./dom.js";
import { report } from "./problems.js";

export class Failure extends Error {
  constructor(reply) {
    super(capital(reply.message || "Something went wrong"));
    this.remedy = capital(reply.remedy || "");
    this.kind = reply.kind || "";
    this.isOffline = Boolean(reply.isOffline);
  }
}

async function checked(response) {
  if (response.ok) return response;
  let reply = { message: `The server answered ${response.status}`, remedy: "reload the page" };
  try {
    const body = await response.json();
    if (body.message) reply = body;
  } catch { /* not JSON: keep the default message */ }
  throw new Failure(reply);
}

/** The server cannot be reached; the page shows that in one place, see problems.js. */
function gone() {
  const failure = new Failure({ message: "Askive does not answer", remedy: "check that it is running", isOffline: true });
  report(failure);
  return failure;
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw gone();
  }
}

export const query = (values) => new URLSearchParams(values).toString();

export async function get(path) {
  return (await checked(await reach(`/chat/${path}`))).json();
}

export async function send(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  return (await checked(await reach(`/chat/${path}`, options))).json();
}

/** Call one of Gradio's endpoints; yields its events and returns when the stream ends. */
export async function* stream(name, data, signal) {
  const begun = await checked(
    await reach(`/gradio_api/call/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ data: [data] }),
      signal,
    }),
  );
  const { event_id: id } = await begun.json();
  const response = await checked(await reach(`/gradio_api/call/${name}/${id}`, { signal }));
  let kind = "";
  for await (const line of lines(response.body)) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) {
      const value = JSON.parse(line.slice(6));
      if (kind === "error") throw new Failure({ message: "The server stopped answering", remedy: "try again" });
      if ((kind === "generating" || kind === "complete") && value) yield { kind, value: value[0] };
      if (kind === "complete") return;
    }
  }
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        if (error.name === "AbortError") throw error;
        throw gone();
      });
      if (done) break;
      rest += value;
      const parts = rest.split("\n");
      rest = parts.pop();
      yield* parts;
    }
    if (rest) yield rest;
  } finally {
    reader.cancel().catch(() => null);
  }
}
