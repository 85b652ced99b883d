// The command palette: Ctrl+K, arrows, Enter. The server finds; the newest answer wins.
const CALM_MS = 130;
const box = document.getElementById("palette");
const field = document.getElementById("palette-q");
const list = document.getElementById("palette-list");
let asked = 0;
let timer = 0;

const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

async function find() {
  const turn = ++asked;
  const answer = await fetch(`/palette?q=${encodeURIComponent(field.value)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  list.innerHTML = await answer.text();
  choose(options()[0]);
}

function open() {
  if (!box.open) box.showModal();
  field.value = "";
  field.focus();
  find();
}

function onKey(event) {
  const all = options();
  const at = all.indexOf(chosen());
  if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
  else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
  else if (event.key === "Enter") chosen()?.click();
  else return;
  event.preventDefault();
}

if (box) {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyK") return;
    event.preventDefault();
    if (box.open) box.close();
    else if (!document.querySelector("dialog[open]")) open();
  });
  for (const link of document.querySelectorAll("[data-palette]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); open(); });
  }
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, CALM_MS); });
  field.addEventListener("keydown", onKey);
}
