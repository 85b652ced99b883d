// The order list while it is open: orders are announced, never pushed under the cursor; counts and rows in view change.
const CALM_MS = 500;
const MOST = 200;
const box = document.getElementById("fresh");
const announced = new Set();
const waiting = new Map();
const rowOf = (number) => document.querySelector(`tr[data-order="${CSS.escape(String(number))}"]`);
const htmx_ = { headers: { "HX-Request": "true" } };

// Many events of one order become one request.
function soon(key, work) {
  clearTimeout(waiting.get(key));
  waiting.set(key, setTimeout(() => { waiting.delete(key); work(); }, CALM_MS));
}

const withNumber = (address, name, value) => `${address}${address.includes("?") ? "&" : "?"}${name}=${value}`;

async function count() {
  if (!box || document.hidden) return;
  const answer = await fetch(withNumber(box.dataset.fresh, "numbers", [...announced].join(",")), htmx_).catch(() => null);
  if (!answer?.ok) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const counts = holder.content.querySelector("[data-tab-counts]");
  for (const one of counts?.content.querySelectorAll("[data-href]") ?? []) {
    const mark = document.querySelector(`[data-tab-count="${CSS.escape(one.dataset.href)}"]`);
    if (mark) mark.textContent = one.textContent;
  }
  counts?.remove();
  box.replaceChildren(holder.content);
}

// A row that left the list stays where it is, greyed: what is under the cursor never jumps.
async function renew(number) {
  const old = rowOf(number);
  if (!box || !old) return;
  const answer = await fetch(withNumber(box.dataset.row, "number", number), htmx_).catch(() => null);
  if (answer?.status === 404) {
    old.classList.add("row-gone");
    old.title = "Этого заказа в списке уже нет";
    for (const button of old.querySelectorAll("button, .pick")) button.disabled = true;
    return;
  }
  if (!answer?.ok) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const fresh = holder.content.querySelector("tr");
  const hadFocus = old === document.activeElement;
  fresh.querySelector(".pick").checked = old.querySelector(".pick").checked;
  old.replaceWith(fresh);
  if (hadFocus) fresh.focus();
}

addEventListener("live:order", ({ detail }) => {
  if (rowOf(detail.number)) soon(`row ${detail.number}`, () => renew(detail.number));
  else if (detail.what !== "changed" && announced.size < MOST) announced.add(detail.number);
  soon("counts", count);
});
addEventListener("live:resync", ({ detail }) => { if (detail.missed) soon("counts", count); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && announced.size) soon("counts", count); });

// Chosen rows.
const picks = () => [...document.querySelectorAll(".pick:not(:disabled)")];
const all = document.querySelector("[data-pick-all]");
function tellChosen() {
  const chosen = picks().filter((pick) => pick.checked).length;
  const mark = document.querySelector("[data-bulk-count]");
  if (mark) mark.textContent = `Отмечено: ${chosen}`;
  if (all) { all.checked = chosen > 0 && chosen === picks().length; all.indeterminate = chosen > 0 && !all.checked; }
}
all?.addEventListener("change", () => { for (const pick of picks()) pick.checked = all.checked; tellChosen(); });
document.addEventListener("change", (event) => {
  if (event.target.matches(".pick")) tellChosen();
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// «Видно вам ещё 3:12».
setInterval(() => {
  for (const mark of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(mark.dataset.until) - Date.now()) / 1000));
    const hours = Math.floor(left / 3600);
    const minutes = Math.floor(left / 60) % 60;
    const text = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : String(minutes);
    mark.querySelector("[data-left]").textContent = `${text}:${String(left % 60).padStart(2, "0")}`;
    if (!left) mark.removeAttribute("data-until");
  }
}, 1000);
tellChosen();
