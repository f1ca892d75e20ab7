// The state of this tab. Everything else is on the server.

export const state = {
  collection: "",
  model: "",
  conversation: null, // { conversation_id, title, collection }
  filters: { after: "", before: "", publishers: [] },
  literal: false,
  running: null, // id of the turn that is being answered
};

const listeners = {};
export const on = (event, listener) => (listeners[event] ||= []).push(listener);
export const emit = (event, ...values) => (listeners[event] || []).forEach((listener) => listener(...values));

export const asked = () => ({
  collection: state.collection,
  model: state.model,
  after: state.filters.after,
  before: state.filters.before,
  publishers: state.filters.publishers,
  literal: state.literal,
});
