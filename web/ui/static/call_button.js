// The button «Позвонить клиенту». Without this the same parts are pages; here they follow the call by themselves.
//   live:attempt {call_id, state, result, version}: the box of that call is fetched anew
const REFRESH_MS = [1500, 5000]; // the proof of a talk is written a moment after its end
const boxes = () => document.querySelectorAll("[data-attempt]");
const isOver = (box) => box.dataset.state === "ended";

addEventListener("live:attempt", ({ detail }) => {
  for (const box of boxes()) {
    if (box.dataset.attempt === detail.call_id && !isOver(box)) htmx.trigger(box, "refresh");
  }
});
addEventListener("live:resync", () => {
  for (const box of boxes()) if (!isOver(box)) htmx.trigger(box, "refresh");
});

// The clock of a talk goes on between two answers of the server.
const started = new WeakMap();
const pad = (number) => String(number).padStart(2, "0");
setInterval(() => {
  for (const clock of document.querySelectorAll("[data-talk-s]")) {
    if (!started.has(clock)) started.set(clock, performance.now() - 1000 * Number(clock.dataset.talkS));
    const seconds = Math.floor((performance.now() - started.get(clock)) / 1000);
    const hours = Math.floor(seconds / 3600);
    const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    clock.textContent = hours ? `${hours}:${rest}` : rest;
  }
}, 500);

// After a talk the number may be shown and the order may move on: those parts of an open card are taken over, unless
// somebody is at work in them.
const PARTS = ["customer", "state"];
const isBusy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");

async function refreshParts() {
  const parts = PARTS.map((id) => document.getElementById(id)).filter((part) => part && !isBusy(part));
  if (!parts.length) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const now = fresh.getElementById(part.id);
    const box = part.querySelector("[data-press]");
    if (!now) continue;
    if (box) now.querySelector("[data-press]")?.replaceWith(box);
    part.replaceWith(document.adoptNode(now));
    htmx.process(now);
  }
}

const told = new Set();
document.addEventListener("htmx:afterSettle", () => {
  for (const box of boxes()) {
    const id = box.dataset.attempt;
    if (!isOver(box)) told.delete(id);
    else if (box.dataset.result === "talked" && !told.has(id)) {
      told.add(id);
      for (const pause of REFRESH_MS) setTimeout(() => refreshParts().catch((error) => console.warn(error)), pause);
    }
  }
});
