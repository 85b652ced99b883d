// An open order: news of its calls arrive by themselves; a recording that is being played is left alone.
import { startPlayers } from "./player.js";

const PAUSE_MS = 1500;
let waiting = 0;

const part = () => document.querySelector("[data-order-timeline]");

// Takes over only what looks different now. Moving an element within one task does not stop its sound.
function merge(old, fresh) {
  const kept = new Map([...old.querySelectorAll("[data-key]")].map((item) => [item.dataset.key, item]));
  for (const item of fresh.querySelectorAll("[data-key]")) {
    const before = kept.get(item.dataset.key);
    const isPlaying = before && [...before.querySelectorAll("audio")].some((audio) => !audio.paused);
    if (before && (isPlaying || before.dataset.signature === item.dataset.signature)) item.replaceWith(before);
  }
  old.replaceWith(fresh);
  startPlayers(fresh);
}

async function refresh() {
  waiting = 0;
  const old = part();
  const answer = await fetch(old.dataset.source, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-order-timeline]");
  if (fresh) merge(part(), document.adoptNode(fresh));
}

function soon() {
  waiting ||= setTimeout(() => refresh().catch((error) => console.warn(error)), PAUSE_MS);
}

// A call that we do not show yet may be of this order: its recording, or a pop of our own, is worth a look.
const isOurs = (callId) => part().dataset.calls.split(" ").includes(callId);

if (part()) {
  addEventListener("live:call", ({ detail }) => { if (detail.mine || isOurs(detail.call_id)) soon(); });
  addEventListener("live:recording", soon);
  addEventListener("live:resync", soon);
}
document.querySelector("[data-print]")?.addEventListener("click", () => print());

// A form that is on the page already unfolds in its place.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-fold]");
  const fold = opener && document.getElementById(opener.dataset.openFold);
  if (!fold || !("open" in fold)) return;
  event.preventDefault();
  opener.closest("details.menu")?.removeAttribute("open");
  fold.open = true;
  fold.scrollIntoView({ block: "center" });
  fold.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
});

const adder = document.querySelector("[data-add-line]");
if (adder) {
  adder.hidden = false;
  adder.addEventListener("click", () => {
    const rows = adder.form.querySelectorAll("[data-edit-line]");
    const fresh = rows[rows.length - 1].cloneNode(true);
    for (const field of fresh.querySelectorAll("[id]")) field.id = `${field.id}-${rows.length}`;
    for (const label of fresh.querySelectorAll("label[for]")) label.htmlFor += `-${rows.length}`;
    for (const field of fresh.querySelectorAll("input")) field.value = "";
    rows[rows.length - 1].after(fresh);
    fresh.querySelector("input[name=name]").focus();
  });
}

// A file that is too big is told of before it travels.
const files = document.querySelector("form[data-max-mb] input[type=file]");
files?.addEventListener("change", () => {
  const most = Number(files.form.dataset.maxMb);
  const isBig = [...files.files].some((file) => file.size > most * 1024 * 1024);
  files.setCustomValidity(isBig ? `Файл больше ${most} МБ: уменьшите его или разделите на части` : "");
  if (isBig) files.reportValidity();
});
