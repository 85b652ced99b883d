// One call's page follows its call: what changed is fetched anew when the live link names it.
const CALM_MS = 400;
const page = document.querySelector("[data-live-call]");
const waiting = new Map();

const isPlaying = (part) => [...part.querySelectorAll("audio")].some((audio) => audio.currentTime > 0);

// «live» brings many parts, each for its own place; the others take the place of their own part. Without a source all would wait in
// one line, of which htmx keeps the last alone.
function renew(name) {
  const address = page.dataset.parts + name;
  if (name === "live") return htmx.ajax("GET", address, { source: page, target: page, swap: "none" });
  const part = document.getElementById(`call-${name}`);
  if (part && !isPlaying(part)) htmx.ajax("GET", address, { source: part, target: part, swap: "outerHTML" });
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
  soon("live");
  if (detail.what === "ended" || detail.what === "answered") soon("recordings", "technical");
});
addEventListener("live:recording", ({ detail }) => { if (isOurs(detail)) soon("recordings"); });
// Between the page and the first greeting the call may have gone on. A page that has its recording is left alone then.
let isGreeted = false;
addEventListener("live:resync", () => {
  if (isGreeted || !page.querySelector("[data-player]")) soon("live", "recordings");
  isGreeted = true;
});
