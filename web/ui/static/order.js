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
