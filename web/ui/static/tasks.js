// «Задачи»: the list or one task follows what happens to it.
import { follow } from "./live_list.js";

const list = document.querySelector("[data-live-tasks]");
const one = document.querySelector("[data-live-task]");
const soon = follow(list, {
  address: list?.dataset.liveTasks,
  stale: document.getElementById("tasks-stale"),
  changed: list ? "Список изменился: показать" : "Задача изменилась: показать",
  isHeard: () => [...list.querySelectorAll("audio")].some((sound) => !sound.paused),
});

addEventListener("live:task", ({ detail }) => {
  if (list || Number(one?.dataset.liveTask) === detail.task_id) soon();
});
// A message that was left can be played soon after its task is there.
addEventListener("live:recording", ({ detail }) => {
  if (document.querySelector(`[data-task][data-call="${CSS.escape(detail.call_id)}"]`)) soon();
});
