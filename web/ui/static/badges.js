// Numbers in the navigation and on the bell: fetched once, and again when the live link tells of a change.
const CALM_MS = 300;
const waiting = new Map();

async function renew(mark) {
  const answer = await fetch(mark.dataset.badge, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  const { count, late = 0 } = await answer.json();
  mark.textContent = count > 99 ? "99+" : count || "";
  mark.classList.toggle("is-late", late > 0);
  mark.title = count ? `${count}${late ? `, просрочено ${late}` : ""}` : "";
}

// Many changes in a row become one request.
function soon(kind) {
  for (const mark of document.querySelectorAll("[data-badge]")) {
    if (kind && mark.dataset.badgeOn !== kind) continue;
    clearTimeout(waiting.get(mark));
    waiting.set(mark, setTimeout(() => renew(mark), CALM_MS));
  }
}

addEventListener("live:task", () => soon("task"));
addEventListener("live:notice", () => soon("notice"));
addEventListener("live:order", ({ detail }) => { if (detail.what !== "changed") soon("order"); });
addEventListener("live:resync", () => soon(""));
// A task falls due and an order becomes a problem without any news.
setInterval(() => { if (!document.hidden) { soon("task"); soon("order"); } }, 60000);
soon("");
