(function () {
  "use strict";
  var form = document.querySelector(".filters");
  var items = Array.prototype.slice.call(document.querySelectorAll(".q"));
  var count = form.querySelector("output");
  var nothing = document.querySelector(".nothing");

  function value(name) {
    var field = form.elements[name];
    return field ? field.value : "";
  }

  function fits(item) {
    var outcome = value("outcome"), words = value("words").trim().toLowerCase();
    if (value("run") && item.dataset.run !== value("run")) return false;
    if (value("type") && item.dataset.type !== value("type")) return false;
    if (outcome === "!") {
      if (!item.classList.contains("bad") && !item.classList.contains("warn")) return false;
    } else if (outcome && item.dataset.outcome !== outcome) return false;
    return !words || words.split(/\s+/).every(function (word) {
      return item.textContent.toLowerCase().indexOf(word) >= 0;
    });
  }

  function apply() {
    var shown = 0;
    items.forEach(function (item) {
      var fit = fits(item);
      item.hidden = !fit;
      shown += fit ? 1 : 0;
    });
    count.textContent = shown + " of " + items.length;
    nothing.hidden = shown > 0;
  }

  form.addEventListener("input", apply);
  apply();
})();
