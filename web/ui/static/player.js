// A recording as two coloured channels. The <audio> element stays the source of sound; this only draws and steers it.
import WaveSurfer from "./vendor/wavesurfer.esm.js";

const STEP_S = 5;
const clock = (seconds) => {
  const total = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
};
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const channel = (index) => ({ waveColor: colour(`--wave-${index}`), progressColor: colour(`--wave-${index}-past`) });

// {customer: [0..100, …], ours: […], duration_s}: peaks per side, drawn relative to the loudest; a voicemail has no `ours`.
async function readWave(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`waveform: ${answer.status}`);
  const told = await answer.json();
  const sides = [told.customer, told.ours].filter((side) => side?.length);
  const loudest = Math.max(1, ...sides.map((side) => side.reduce((most, value) => Math.max(most, value), 0)));
  return { peaks: sides.map((side) => side.map((value) => value / loudest)), duration: told.duration_s };
}

function steer(box, audio, wave) {
  const play = box.querySelector("[data-play]");
  const slider = box.querySelector("[data-wave]");
  const now = box.querySelector("[data-now]");
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(box.dataset.duration));
  // Nothing is fetched before the first touch; a place chosen earlier is kept by the browser until then.
  const wake = () => { if (audio.preload === "none") audio.preload = "metadata"; };
  const seek = (second) => {
    wake();
    audio.currentTime = Math.min(Math.max(second, 0), length());
    show();
  };
  const toggle = () => (audio.paused ? audio.play() : audio.pause());
  const show = () => {
    now.textContent = clock(audio.currentTime);
    slider.setAttribute("aria-valuenow", String(Math.round(audio.currentTime)));
    slider.setAttribute("aria-valuetext", `${clock(audio.currentTime)} из ${clock(length())}`);
  };
  const state = () => {
    play.setAttribute("aria-pressed", String(!audio.paused));
    play.ariaLabel = audio.paused ? "Слушать" : "Пауза";
    if (!audio.paused) for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  };
  const moves = {
    ArrowRight: () => seek(audio.currentTime + STEP_S),
    ArrowLeft: () => seek(audio.currentTime - STEP_S),
    Home: () => seek(0),
    End: () => seek(length()),
    " ": toggle,
  };
  play.addEventListener("click", toggle);
  slider.addEventListener("pointerdown", wake);
  wave.on("interaction", show);
  slider.addEventListener("keydown", (event) => {
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  });
  for (const rate of box.querySelectorAll("[data-rate]")) {
    rate.addEventListener("click", () => {
      audio.playbackRate = Number(rate.dataset.rate);
      for (const one of box.querySelectorAll("[data-rate]")) one.setAttribute("aria-pressed", String(one === rate));
    });
  }
  for (const name of ["timeupdate", "seeking", "loadedmetadata"]) audio.addEventListener(name, show);
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, state);
  const repaint = () => wave.setOptions({ splitChannels: [channel(0), channel(1)] });
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}

async function start(box) {
  const audio = box.querySelector("audio");
  const drawn = await readWave(box.dataset.waveform);
  const wave = WaveSurfer.create({
    container: box.querySelector("[data-wave]"),
    media: audio,
    peaks: drawn.peaks,
    duration: drawn.duration ?? Number(box.dataset.duration),
    splitChannels: drawn.peaks.length > 1 ? [channel(0), channel(1)] : undefined,
    ...channel(0),
    cursorColor: colour("--wave-cursor"),
    height: drawn.peaks.length > 1 ? 26 : 52,
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    cspNonce: document.querySelector("meta[name=csp-style-nonce]").content,
  });
  steer(box, audio, wave);
  box.querySelector(".player-controls").hidden = false;
  box.classList.add("is-drawn");
  audio.controls = false;
}

export function startPlayers(root) {
  for (const box of root.querySelectorAll("[data-player]:not([data-started])")) {
    box.dataset.started = "";
    // Without a waveform the browser's own controls stay, and the recording can still be heard.
    start(box).catch((error) => console.warn(error));
  }
}
