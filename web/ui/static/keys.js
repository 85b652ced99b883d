// The keyboard: «/» search, j/k rows, Enter open, Esc back, Space preview, «x», «a» and others of a row, «g o» pages, «?» help.
// A person may switch the keys off, for all devices; this window asks once.
const SEQUENCE_MS = 900;
const ROWS = "tr[data-href], article[data-href]";
const isTyping = (node) => node.closest("input, textarea, select, [contenteditable], [role=slider], audio");
const isOff = () => {
  try { return sessionStorage.getItem("keys") === "off"; } catch { return false; }
};
const keep = (isOn) => {
  try { sessionStorage.setItem("keys", isOn ? "on" : "off"); } catch { /* holds for this page only */ }
};

async function learn(knob) {
  try { if (sessionStorage.getItem("keys")) return; } catch { return; }
  const answer = await fetch("/keyboard").catch(() => null);
  if (!answer?.ok) return;
  keep((await answer.json()).single);
  knob.checked = !isOff();
}

function tell(isOn) {
  keep(isOn);
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  fetch("/keyboard", { method: "POST", headers, body: new URLSearchParams({ single: isOn ? "on" : "off" }) }).catch(() => null);
}

let before = "";
let beforeAt = 0;

function moveRow(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  const next = rows[rows.indexOf(document.activeElement?.closest(ROWS)) + step] ?? (step > 0 ? rows[0] : null);
  next?.focus();
}

// Up to what the path above the page names; the list from which one came keeps its filters and its place.
function goBack() {
  const up = [...document.querySelectorAll(".breadcrumb a")].pop();
  if (!up) return;
  const came = document.referrer ? new URL(document.referrer) : null;
  if (came?.origin === location.origin && came.pathname === up.pathname) history.back();
  else location.assign(up.href);
}

function pressHotkey(key, at) {
  const two = at - beforeAt < SEQUENCE_MS ? `${before} ${key}` : key;
  before = key;
  beforeAt = at;
  const find = (combination) => document.querySelector(`[data-hotkey="${CSS.escape(combination)}"]`);
  const target = find(two) ?? find(key);
  target?.click();
  return Boolean(target);
}

function pressInRow(row, key) {
  const target = /^[a-z]$/.test(key) ? row.querySelector(`[data-row-key="${key}"]:not(:disabled)`) : null;
  target?.click();
  return Boolean(target);
}

export function startKeys(openPanel, openHelp) {
  for (const row of document.querySelectorAll(ROWS)) row.tabIndex = -1;
  const knob = document.querySelector("[data-keys-switch]");
  if (knob) {
    knob.checked = !isOff();
    knob.addEventListener("change", () => tell(knob.checked));
    if (document.querySelector("[data-palette]")) learn(knob);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isOff() || event.defaultPrevented) return;
    if (isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const row = event.target.closest(ROWS);
    const search = document.querySelector("[data-focus-key]");
    if (event.key === "/" && search) search.focus();
    else if (event.key === "?") openHelp();
    else if (event.key === "Escape") goBack();
    else if (event.key === "j" || event.key === "k") moveRow(event.key === "j" ? 1 : -1);
    else if (event.key === "Enter" && row === event.target && row) location.assign(row.dataset.href);
    else if (event.key === " " && row?.dataset.panel) openPanel(row.dataset.panel);
    else if (row && row === event.target && pressInRow(row, event.key)) { /* done */ }
    else if (event.key.length !== 1 || event.key === " " || !pressHotkey(event.key.toLowerCase(), event.timeStamp)) return;
    event.preventDefault();
  });
}
