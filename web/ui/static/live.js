// The live link. It tells what changed; pages fetch the state themselves. Events for other scripts, on window:
//   live:resync {missed}   after every (re)connection: fetch anew; at the first one nothing may have been missed since the page was asked for
//   live:call {what, call_id, version, mine} · live:recording {recording_id, call_id} · live:task {task_id} · live:notice · live:order {number, what}
//   live:attempt {call_id, state, result, version} · live:callback {callback_id}
//   live:state "up"|"down"|"wait"
import { toast } from "./app.js";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 4000;
const SIGNED_OUT = 4401;
let delay = FIRST_DELAY_MS;
let isGreeted = false;

const tell = (name, detail) => dispatchEvent(new CustomEvent(name, { detail }));

function onMessage({ data }) {
  const message = JSON.parse(data);
  if (message.type === "hello") {
    delay = FIRST_DELAY_MS;
    tell("live:state", message.link);
    // performance.now() counts from the moment the page was asked for: what it shows cannot be older.
    tell("live:resync", { missed: isGreeted || message.quiet_ms <= performance.now() });
    isGreeted = true;
  } else if (message.type === "link") {
    tell("live:state", message.link);
    if (message.link === "up") tell("live:resync", { missed: true });
  } else if (message.type === "call") {
    tell("live:call", message);
    if (message.mine && message.what === "ringing" && !document.querySelector("[data-desk]")) announce(message.call_id);
  } else if (message.type === "recording") {
    tell("live:recording", message);
  } else if (["task", "notice", "order", "attempt", "callback"].includes(message.type)) {
    tell(`live:${message.type}`, message);
  }
}

// Away from the desk a ringing phone of ours still shows a way to the card.
function announce(callId) {
  const address = `/desk/calls/${encodeURIComponent(callId)}`;
  if (document.querySelector(`a[data-announced="${CSS.escape(callId)}"]`)) return;
  toast("Входящий звонок", "info");
  const link = document.createElement("a");
  link.href = address;
  link.dataset.announced = callId;
  link.className = "btn btn-primary btn-sm";
  link.textContent = "Открыть карточку";
  document.getElementById("toasts").lastElementChild.append(link);
}

function goToSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// A refused handshake does not tell why; the same address asked plainly sends a stranger to the sign-in page.
async function isSignedOut() {
  try {
    const answer = await fetch("/live", { redirect: "manual" });
    return answer.type === "opaqueredirect" || answer.status === 401;
  } catch {
    return false;
  }
}

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  let isOpened = false;
  socket.addEventListener("open", () => { isOpened = true; });
  socket.addEventListener("message", onMessage);
  socket.addEventListener("close", async ({ code }) => {
    tell("live:state", "wait");
    if (code === SIGNED_OUT || (!isOpened && await isSignedOut())) return goToSignIn();
    setTimeout(connect, delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  });
}

// A page that wakes from sleep must not wait out a long pause.
document.addEventListener("visibilitychange", () => { if (!document.hidden) delay = FIRST_DELAY_MS; });
addEventListener("online", () => { delay = FIRST_DELAY_MS; });
connect();
