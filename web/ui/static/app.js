// What every page needs: dialogs, menus, keys, toasts, the mark of the live link. Pages work without it.
import { startKeys } from "./keys.js";

const byId = (id) => document.getElementById(id);

export function toast(text, tone = "info", advice = "") {
  const box = document.createElement("div");
  box.className = `toast-line notice-${tone}`;
  const title = document.createElement("b");
  title.textContent = text;
  box.append(title);
  if (advice) {
    const more = document.createElement("p");
    more.textContent = advice;
    box.append(more);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.ariaLabel = "Закрыть";
  close.textContent = "×";
  close.addEventListener("click", () => box.remove());
  box.append(close);
  byId("toasts").append(box);
  if (tone !== "danger") setTimeout(() => box.remove(), 8000);
}

function openDialog(id) {
  const dialog = byId(id);
  if (dialog && !dialog.open) dialog.showModal();
}

function onClick(event) {
  const target = event.target;
  const opener = target.closest("[data-dialog-open]");
  if (opener) return openDialog(opener.dataset.dialogOpen);
  if (target.closest("[data-dialog-close]")) return target.closest("dialog").close();
  if (target instanceof HTMLDialogElement && isOutside(target, event)) return target.close();
  const theme = target.closest("[data-theme-set]");
  if (theme) {
    dispatchEvent(new CustomEvent("theme:set", { detail: theme.dataset.themeSet }));
    return markTheme();
  }
  const preview = target.closest("a[data-panel]");
  if (preview && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    return openPanel(preview.dataset.panel);
  }
  const row = target.closest("tr[data-href]");
  if (row && !target.closest("a, button, input, label, select, summary") && !String(getSelection())) {
    location.assign(row.dataset.href);
  }
}

function isOutside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

export function openPanel(address) {
  openDialog("panel");
  htmx.ajax("GET", address, { source: "#panel-body", target: "#panel-body", swap: "innerHTML" });
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type !== "keydown" && menu.contains(event.target)) continue;
    menu.open = false;
    if (event.type === "keydown") event.preventDefault(); // this key has done its work
  }
}

function markTheme() {
  const theme = document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === theme));
  }
}

const LINK_WORDS = { up: "АТС на связи", down: "нет связи с АТС", wait: "восстанавливаю связь…" };

// The live room tells: dispatchEvent(new CustomEvent("live:state", {detail: "up" | "down" | "wait"})).
addEventListener("live:state", (event) => {
  const mark = document.querySelector("[data-live]");
  if (!mark || mark.dataset.live === event.detail) return;
  mark.dataset.live = event.detail;
  mark.querySelector("[data-live-text]").textContent = LINK_WORDS[event.detail];
});
// Anybody, the server included (HX-Trigger: {"toast": {"text": …, "tone": …}}), may speak.
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone, event.detail.advice));
document.addEventListener("htmx:responseError", (event) => {
  let told = {};
  try { told = JSON.parse(event.detail.xhr.responseText); } catch { /* not our JSON: say the general thing */ }
  toast(told.message || "Не получилось", "danger", told.advice || "Повторите действие.");
});
document.addEventListener("htmx:sendError", () => toast("Нет связи с сервером", "danger", "Проверьте сеть и повторите."));

function enliven(root) {
  if (root.querySelector("[data-player]")) {
    import("./player.js").then(({ startPlayers }) => startPlayers(root));
  }
}

document.addEventListener("click", closeMenus);
document.addEventListener("click", onClick);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(event); });
document.addEventListener("htmx:load", (event) => enliven(event.detail.elt));
startKeys(openPanel, () => openDialog("keys"));
markTheme();
enliven(document);
