// «Обратные звонки»: the list or one request follows what happens to it.
import { follow } from "./live_list.js";

const list = document.querySelector("[data-live-callbacks]");
const one = document.querySelector("[data-live-callback]");
const soon = follow(list, {
  address: list?.dataset.liveCallbacks,
  stale: document.getElementById("callbacks-stale"),
  changed: list ? "Список изменился: показать" : "Заявка изменилась: показать",
});

addEventListener("live:callback", ({ detail }) => {
  if (list || Number(one?.dataset.liveCallback) === detail.callback_id) soon();
});
// A call goes on: our phone rings, the customer is dialled, they talk.
addEventListener("live:attempt", () => {
  if (document.querySelector("[data-calling]")) soon();
});
