// Copy as plain and rich text. Works without a secure context, where the browser has no asynchronous clipboard.

/** html: optional. Returns whether it was copied. */
export async function copy(text, html = "") {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const parts = { "text/plain": new Blob([text], { type: "text/plain" }) };
    if (html) parts["text/html"] = new Blob([html], { type: "text/html" });
    try {
      await navigator.clipboard.write([new ClipboardItem(parts)]);
      return true;
    } catch { /* not permitted: the older way may be */ }
  }
  return copyByEvent(text, html);
}

function copyByEvent(text, html) {
  const take = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData.setData("text/plain", text);
    if (html) event.clipboardData.setData("text/html", html);
  };
  document.addEventListener("copy", take, { capture: true, once: true });
  try {
    return document.execCommand("copy");
  } finally {
    document.removeEventListener("copy", take, { capture: true });
  }
}
