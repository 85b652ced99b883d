// The journal while calls come in. New ones are only counted; rows in view change in their place.
const CALM_MS = 700;
const box = document.getElementById("fresh");
const rowOf = (callId) => document.querySelector(`tr[data-call="${CSS.escape(callId)}"]`);
const waiting = new Map();

// Many events of one call become one request.
function soon(key, work) {
  clearTimeout(waiting.get(key));
  waiting.set(key, setTimeout(() => { waiting.delete(key); work(); }, CALM_MS));
}

function count() {
  if (box && !document.hidden) htmx.ajax("GET", box.dataset.fresh, { source: box, target: box, swap: "innerHTML" });
}

async function renew(callId) {
  const answer = await fetch(`/calls/${encodeURIComponent(callId)}?fragment=row`, { headers: { "HX-Request": "true" } });
  const old = rowOf(callId);
  if (!answer.ok || !old) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const fresh = holder.content.querySelector("tr");
  const hadFocus = old === document.activeElement;
  old.replaceWith(fresh);
  if (hadFocus) fresh.focus();
}

addEventListener("live:call", ({ detail }) => {
  if (rowOf(detail.call_id)) soon(detail.call_id, () => renew(detail.call_id));
  else soon("fresh", count);
});
addEventListener("live:recording", ({ detail }) => {
  if (rowOf(detail.call_id)) soon(detail.call_id, () => renew(detail.call_id));
});
// What happened to calls in view while the link was away is not told any more.
addEventListener("live:resync", () => {
  soon("fresh", count);
  for (const row of document.querySelectorAll("tr[data-call]:has(.pill-live)")) soon(row.dataset.call, () => renew(row.dataset.call));
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) soon("fresh", count); });
