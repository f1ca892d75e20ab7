// Files that are still to be added, kept by the browser: a reload, a closed page or a restart of the server loses none.

const NAME = "askive-uploads";
let opened = null;

function database() {
  opened ||= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(mode, work) {
  try {
    const store = (await database()).transaction("files", mode).objectStore("files");
    const request = work(store);
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    // No room, or private browsing: the files are kept while the page is open.
    return undefined;
  }
}

export const keep = ({ id, name, size, collection, replace, file, state, text }) =>
  run("readwrite", (store) => store.put({ id, name, size, collection, replace, file, state, text }));
export const forget = (id) => run("readwrite", (store) => store.delete(id));
export const keptFiles = async () => (await run("readonly", (store) => store.getAll())) || [];

/** Resolves in one tab only, as long as that is open; without locks (no secure context) in every tab. */
export const beTheOneTab = () =>
  new Promise((resolve) => {
    if (!navigator.locks) return resolve();
    navigator.locks.request(NAME, () => {
      resolve();
      return new Promise(() => {});
    });
    return undefined;
  });
