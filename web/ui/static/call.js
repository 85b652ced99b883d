// One call's page follows its call: parts are fetched anew when the live link names it.
const CALM_MS = 400;
const page = document.querySelector("[data-live-call]");
const waiting = new Map();

const isPlaying = (part) => [...part.querySelectorAll("audio")].some((audio) => audio.currentTime > 0);

function renew(name) {
  const part = page.querySelector(`[data-part="${name}"]`);
  if (!part || isPlaying(part)) return;
  htmx.ajax("GET", page.dataset.parts + name, { target: part, swap: "outerHTML" });
}

// Many events of a moment become one request per part.
function soon(...names) {
  for (const name of names) {
    clearTimeout(waiting.get(name));
    waiting.set(name, setTimeout(() => renew(name), CALM_MS));
  }
}

const isOurs = (detail) => detail.call_id === page.dataset.liveCall;
addEventListener("live:call", ({ detail }) => {
  if (!isOurs(detail)) return;
  soon("state", "course");
  if (detail.what === "ended" || detail.what === "answered") soon("recordings", "technical");
});
addEventListener("live:recording", ({ detail }) => { if (isOurs(detail)) soon("recordings"); });
let greeted = false; // the first greeting follows the page itself
addEventListener("live:resync", () => {
  if (greeted) soon("state", "course", "recordings");
  greeted = true;
});
