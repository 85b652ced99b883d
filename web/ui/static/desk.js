// The desk. Events say which call changed; the card, or only its head, is fetched by our own rights.
// A body with a form in it is never replaced, so what is being typed stays.
const MAX_CARDS = 6;
const SIDE_PAUSE_MS = 700;
const TICK_MS = 500;
const SCRIPT = { headers: { "HX-Request": "true" } };

const list = document.getElementById("desk-cards");
const title = document.title;
const versions = new Map(); // call -> the newest version that we have asked for
let questions = 0;
let skew = 0; // server's clock minus ours, seconds
let sideTimer = 0;

const cards = () => [...list.querySelectorAll("[data-desk-card]")];
const cardOf = (callId) => cards().find((card) => card.dataset.deskCard === callId);
const place = (callId, part) => `/desk/calls/${encodeURIComponent(callId)}?fragment=${part}`;
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

// `asked` numbers the questions: an answer that comes late must not hide that of a later question.
async function read(address) {
  const asked = ++questions;
  const answer = await fetch(address, SCRIPT);
  if (answer.status === 404) return { asked, page: null };
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return { asked, page: parse(await answer.text()) };
}

// --- one card --------------------------------------------------------------------------------------------------

const isLate = (card, asked) => asked < Number(card.dataset.asked ?? 0);

function setHead(card, head, asked) {
  if (isLate(card, asked)) return;
  card.dataset.asked = asked;
  card.querySelector("[data-card-head]").replaceWith(document.adoptNode(head));
  const moment = head.dataset.moment;
  if (moment !== "ringing") card.classList.remove("is-new");
  card.dataset.moment = moment;
  card.querySelector("[data-close]").hidden = moment === "ringing" || moment === "talking";
}

function addCard(fresh, asked) {
  const card = document.adoptNode(fresh);
  const before = cardOf(card.dataset.deskCard);
  if (before && isLate(before, asked)) return;
  if (before?.querySelector("[data-quick-comment]")) return setHead(before, card.querySelector("[data-card-head]"), asked);
  if (before) before.replaceWith(card); // its order is here now
  else list.prepend(card);
  setHead(card, card.querySelector("[data-card-head]").cloneNode(true), asked);
  card.classList.toggle("is-new", !before && card.dataset.moment === "ringing");
  htmx.process(card);
  dropOld();
}

const isBusy = (card) => ["ringing", "talking"].includes(card.dataset.moment);
const hasText = (card) => [...card.querySelectorAll("textarea")].some((area) => area.value.trim());

// Cards of the past go first, the oldest before the others; never one with unsent words.
function dropOld() {
  const spare = cards().reverse().filter((card) => !isBusy(card) && !hasText(card));
  for (const card of spare.slice(0, Math.max(0, cards().length - MAX_CARDS))) drop(card);
}

function drop(card) {
  versions.delete(card.dataset.deskCard); // its later news are of no interest
  card.remove();
}

function gone(card, asked) {
  setHead(card, document.getElementById("desk-gone").content.firstElementChild.cloneNode(true), asked);
}

// --- news ------------------------------------------------------------------------------------------------------

// An answer is taken only when no newer event has asked meanwhile.
async function refresh(callId, version) {
  if (version < (versions.get(callId) ?? 0)) return;
  versions.set(callId, version);
  const isComplete = Boolean(cardOf(callId)?.querySelector("[data-quick-comment]"));
  const { asked, page } = await read(place(callId, isComplete ? "head" : "card"));
  if (versions.get(callId) !== version) return;
  const card = cardOf(callId);
  if (!page) {
    if (card) gone(card, asked);
  } else if (isComplete) {
    if (card) setHead(card, page.querySelector("[data-card-head]"), asked);
  } else {
    addCard(page.querySelector("[data-desk-card]"), asked);
  }
  show();
}

async function resync() {
  const { asked, page } = await read("/desk/calls");
  const live = new Set();
  for (const card of [...page.querySelectorAll("[data-desk-card]")].reverse()) {
    live.add(card.dataset.deskCard);
    addCard(card, asked);
  }
  const stale = cards().filter((card) => !live.has(card.dataset.deskCard) && card.dataset.moment !== "ended");
  for (const card of stale) {
    const one = await read(place(card.dataset.deskCard, "head"));
    if (one.page) setHead(card, one.page.querySelector("[data-card-head]"), one.asked);
    else gone(card, one.asked);
  }
  show();
}

async function readSide() {
  sideTimer = 0;
  const { page } = await read("/desk?fragment=side");
  const fresh = page?.querySelector("[data-desk-side]");
  if (fresh) document.querySelector("[data-desk-side]").replaceWith(document.adoptNode(fresh));
}

const complain = (error) => console.warn(error);
const sideSoon = () => { sideTimer ||= setTimeout(() => readSide().catch(complain), SIDE_PAUSE_MS); };

// --- what is seen ------------------------------------------------------------------------------------------------

function show() {
  const ringing = cards().find((card) => card.dataset.moment === "ringing");
  document.title = ringing ? `☎ Звонок: ${ringing.dataset.name}` : title;
  tick();
}

const two = (value) => String(value).padStart(2, "0");
function clock(seconds) {
  const total = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(total / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
}

// Counted from the server's instant each time, so a throttled tab is late but never wrong.
function tick() {
  for (const mark of list.querySelectorAll("[data-since]")) {
    const server = Number(mark.closest("[data-card-head]").dataset.now);
    if (!mark.dataset.seen) {
      mark.dataset.seen = "1";
      skew = server - Date.now() / 1000;
    }
    mark.textContent = clock(Date.now() / 1000 + skew - Number(mark.dataset.since));
  }
}

function showLink(state) {
  for (const box of document.querySelectorAll("[data-desk-lost]")) box.hidden = box.dataset.deskLost !== state;
}

addEventListener("live:call", ({ detail }) => {
  const isOwn = detail.mine && (detail.what === "ringing" || detail.what === "answered");
  if (isOwn || cardOf(detail.call_id) || versions.has(detail.call_id)) {
    refresh(detail.call_id, detail.version).catch(complain);
    sideSoon();
  }
});
// The recording was paused or goes on: by another tab, by the telephone's keys, by itself.
addEventListener("live:recording", ({ detail }) => {
  if (cardOf(detail.call_id)) refresh(detail.call_id, versions.get(detail.call_id) ?? 0).catch(complain);
});
addEventListener("live:resync", () => { resync().catch(complain); sideSoon(); });
addEventListener("live:state", ({ detail }) => showLink(detail));
list.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close]")) return;
  drop(event.target.closest("[data-desk-card]"));
  show();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && detail.elt.matches("[data-quick-comment]")) detail.elt.reset();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
for (const card of cards()) setHead(card, card.querySelector("[data-card-head]").cloneNode(true));
setInterval(tick, TICK_MS);
show();
