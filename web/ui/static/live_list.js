// A list that changes under the reader's eyes; what somebody is filling in is never taken away.
const CALM_MS = 400;

// `list` may be missing: a page of one thing only offers to be shown anew. `stale` is where that offer goes, `changed` its words.
// Gives the function by which news are answered.
export function follow(list, { address, stale, changed, isHeard = () => false }) {
  let timer = 0;
  const isBusy = () => list.querySelector("details[open]") || list.contains(document.activeElement?.closest("form")) || isHeard();

  function offer() {
    if (stale.firstChild) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.className = "btn btn-primary btn-sm";
    link.textContent = changed;
    stale.append(link);
  }

  function renew() {
    if (!list || isBusy()) return offer();
    const place = document.activeElement?.closest("[data-task]")?.dataset.task;
    htmx.ajax("GET", address, { source: list, target: list, swap: "innerHTML" }).then(() => {
      stale.replaceChildren();
      if (place) document.querySelector(`[data-task="${CSS.escape(place)}"]`)?.focus({ preventScroll: true });
    });
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(renew, CALM_MS);
  }

  addEventListener("live:resync", ({ detail }) => { if (detail.missed && list) soon(); });
  return soon;
}
