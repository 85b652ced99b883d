// Tasks change under the reader's eyes; what somebody is filling in is never taken away.
const CALM_MS = 400;
const list = document.querySelector("[data-live-tasks]");
const one = document.querySelector("[data-live-task]");
const stale = document.getElementById("tasks-stale");
let timer = 0;

const isBusy = () => list.querySelector("details[open]") || list.contains(document.activeElement?.closest("form"))
  || [...list.querySelectorAll("audio")].some((sound) => !sound.paused);

function offer() {
  if (stale.firstChild) return;
  const link = document.createElement("a");
  link.href = location.href;
  link.className = "btn btn-primary btn-sm";
  link.textContent = list ? "Список изменился: показать" : "Задача изменилась: показать";
  stale.append(link);
}

function renew() {
  if (!list || isBusy()) return offer();
  const place = document.activeElement?.closest("[data-task]")?.dataset.task;
  htmx.ajax("GET", list.dataset.liveTasks, { source: list, target: list, swap: "innerHTML" }).then(() => {
    stale.replaceChildren();
    if (place) document.querySelector(`[data-task="${CSS.escape(place)}"]`)?.focus({ preventScroll: true });
  });
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(renew, CALM_MS);
}

addEventListener("live:task", ({ detail }) => {
  if (list || Number(one?.dataset.liveTask) === detail.task_id) soon();
});
// A message that was left can be played soon after its task is there.
addEventListener("live:recording", ({ detail }) => {
  if (document.querySelector(`[data-task][data-call="${CSS.escape(detail.call_id)}"]`)) soon();
});
addEventListener("live:resync", ({ detail }) => { if (detail.missed && list) soon(); });
