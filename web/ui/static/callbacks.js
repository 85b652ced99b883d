// Callbacks change under the reader's eyes; what somebody is filling in is never taken away.
const CALM_MS = 400;
const list = document.querySelector("[data-live-callbacks]");
const one = document.querySelector("[data-live-callback]");
const stale = document.getElementById("callbacks-stale");
let timer = 0;

const isBusy = () => list.querySelector("details[open]") || list.contains(document.activeElement?.closest("form"));

function offer() {
  if (stale.firstChild) return;
  const link = document.createElement("a");
  link.href = location.href;
  link.className = "btn btn-primary btn-sm";
  link.textContent = list ? "Список изменился: показать" : "Заявка изменилась: показать";
  stale.append(link);
}

function renew() {
  if (!list || isBusy()) return offer();
  const place = document.activeElement?.closest("[data-task]")?.dataset.task;
  htmx.ajax("GET", list.dataset.liveCallbacks, { source: list, target: list, swap: "innerHTML" }).then(() => {
    stale.replaceChildren();
    if (place) document.querySelector(`[data-task="${CSS.escape(place)}"]`)?.focus({ preventScroll: true });
  });
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(renew, CALM_MS);
}

addEventListener("live:callback", ({ detail }) => {
  if (list || Number(one?.dataset.liveCallback) === detail.callback_id) soon();
});
// A call goes on: our phone rings, the customer is dialled, they talk.
addEventListener("live:attempt", () => {
  if (document.querySelector("[data-calling]")) soon();
});
addEventListener("live:resync", ({ detail }) => { if (detail.missed && list) soon(); });
