// The overview follows calls: many events become one request. Without this it is renewed every 30 s.
const CALM_MS = 2000;
let timer = 0;

function soon() {
  if (document.hidden || timer) return;
  timer = setTimeout(() => {
    timer = 0;
    htmx.trigger("#day", "day-changed");
  }, CALM_MS);
}

addEventListener("live:call", soon);
addEventListener("live:resync", soon);
document.addEventListener("visibilitychange", soon);
