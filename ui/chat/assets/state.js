// The state of this tab. Everything else is on the server.

export const state = {
  collection: "",
  collections: [], // [{ name, n_documents, error }]
  default: "", // the collection that the first dropped file creates
  sample: "", // the collection that comes with Askive
  missing: [], // models to download before anything can be answered
  kinds: [], // [{ kind, words }]
  models: [], // [{ id, name, disclosure }] that can write answers
  model: "",
  conversation: null, // { conversation_id, title, collection }
  filters: { after: "", before: "", publishers: [], documents: [], group: null }, // documents: [{ uri, title }]; group: { title, n }, what they are
  literal: false,
  running: null, // the turn that is being answered
};

export const MOST_CHOSEN = 2000; // documents of one question

const listeners = {};
export const on = (event, listener) => (listeners[event] ||= []).push(listener);
export const emit = (event, ...values) => (listeners[event] || []).forEach((listener) => listener(...values));

export const asked = () => ({
  collection: state.collection,
  model: state.model,
  after: state.filters.after,
  before: state.filters.before,
  publishers: state.filters.publishers,
  documents: state.filters.documents,
  literal: state.literal,
});

export const isFiltered = (of) => Boolean(of.after || of.before || of.publishers?.length || of.documents?.length);

/** What a tab keeps over a reload; another tab does not see it. */
export const kept = {
  get: (name) => sessionStorage.getItem(`askive-${name}`) || "",
  set: (name, value) => (value ? sessionStorage.setItem(`askive-${name}`, value) : sessionStorage.removeItem(`askive-${name}`)),
};
