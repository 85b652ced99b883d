/* Обратный звонок. <script src="…/widget/callback.js" data-site="ключ" async></script>; своя кнопка: любой элемент с data-callback. */
(() => {
  const tag = document.currentScript || document.querySelector("script[data-site][src*='/widget/callback.js']");
  if (!tag || !tag.dataset.site) return;
  const base = new URL("/widget/" + encodeURIComponent(tag.dataset.site), tag.src).href;
  const css = `:host{all:initial;--b:#1b66c9;--f:#fff;--t:#1d2733;--m:#5b6672;--l:#c4ccd6;--e:#b3261e;color-scheme:light dark;font:16px/1.4 system-ui,sans-serif}
@media(prefers-color-scheme:dark){:host{--b:#4c8fe8;--f:#1d242e;--t:#eef2f6;--m:#a7b2bf;--l:#4a5563;--e:#ff9b93}}
*{box-sizing:border-box;font:inherit}
.o{position:fixed;right:20px;bottom:20px;z-index:2147483000;box-shadow:0 4px 16px #0005}
button{border:0;border-radius:24px;padding:12px 20px;min-height:44px;background:var(--b);color:#fff;font-weight:600;cursor:pointer}
@media(prefers-color-scheme:dark){button{color:#0b1320}}
button:disabled{opacity:.6;cursor:default}
:focus-visible{outline:3px solid var(--t);outline-offset:2px}
dialog{border:1px solid var(--l);border-radius:14px;padding:20px;width:min(400px,calc(100vw - 24px));max-height:calc(100vh - 24px);background:var(--f);color:var(--t)}
dialog::backdrop{background:#0008}
h2{font-size:20px;font-weight:700;margin:0 40px 4px 0}p{margin:0 0 12px;color:var(--m)}
.x{position:absolute;top:10px;right:10px;width:44px;padding:0;background:none;color:var(--t);font-size:24px}
label{display:block;margin:10px 0 4px}
.f{width:100%;min-height:44px;padding:8px 12px;border:1px solid var(--l);border-radius:8px;background:transparent;color:var(--t)}
.f[aria-invalid]{border-color:var(--e)}option{background:var(--f);color:var(--t)}
.r{display:flex;gap:10px;align-items:flex-start;margin:10px 0}.r input{width:20px;height:20px;margin:1px 0 0;flex:none;accent-color:var(--b)}
.p{display:grid;grid-template-columns:1fr 1fr;gap:10px}.p[hidden],.t{display:none}
.e{color:var(--e);margin:6px 0}.s{width:100%;margin-top:8px}small{font-size:13px;color:var(--m)}`;
  const K = [], H0 = [];
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    const part = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
    if (H0.length < 8) H0.push(part(Math.sqrt(n)));
    K.push(part(Math.cbrt(n)));
  }
  const W = new Int32Array(64);
  // SHA-256 of an ASCII text; its first 32 bits. Its own code: crypto.subtle is not there on plain http.
  function head(text) {
    const len = text.length, words = new Int32Array((((len + 8) >> 6) + 1) * 16);
    for (let i = 0; i < len; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
    words[len >> 2] |= 128 << (24 - (len % 4) * 8);
    words[words.length - 1] = len * 8;
    let h = H0.slice();
    for (let at = 0; at < words.length; at += 16) {
      let [a, b, c, d, e, f, g, q] = h;
      for (let i = 0; i < 64; i++) {
        if (i < 16) W[i] = words[at + i];
        else {
          const x = W[i - 15], y = W[i - 2];
          W[i] = (W[i - 16] + W[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
            (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
        }
        const t = (q + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
          ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
        const u = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
          ((a & b) ^ (a & c) ^ (b & c))) | 0;
        q = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
      }
      h = [a, b, c, d, e, f, g, q].map((one, i) => (one + h[i]) | 0);
    }
    return h[0] >>> 0;
  }
  async function solve(challenge, bits) {
    for (let n = 0; ; n++) {
      if (n % 2000 === 0) await new Promise((go) => setTimeout(go));
      if (head(challenge + ":" + n) >>> (32 - bits) === 0) return String(n);
    }
  }
  const make = (name, attrs, ...inside) => {
    const one = document.createElement(name);
    for (const [key, value] of Object.entries(attrs || {})) if (value !== false) one.setAttribute(key, value === true ? "" : value);
    one.append(...inside);
    return one;
  };
  const host = make("div"), root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  let offer = null, work = null;
  async function load() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    const got = await fetch(base + "/form?tz=" + encodeURIComponent(zone), { credentials: "omit" });
    if (!got.ok) throw new Error(got.status);
    offer = await got.json();
    work = solve(offer.challenge, offer.bits);
    return offer;
  }
  function build() {
    const say = offer.texts;
    const phone = make("input", { class: "f", id: "n", type: "tel", name: "number", autocomplete: "tel", required: true, placeholder: "+7 916 123-45-67", "aria-describedby": "e" });
    const name = make("input", { class: "f", id: "a", name: "name", autocomplete: "name", maxlength: "100" });
    const trap = make("input", { name: "website", tabindex: "-1", autocomplete: "off" });
    const soon = make("input", { type: "radio", name: "when", value: "", checked: true });
    const later = make("input", { type: "radio", name: "when", value: "1" });
    const day = make("select", { class: "f", name: "day", "aria-label": "День" }, ...offer.days.map((one) => make("option", { value: one.day }, one.title)));
    const time = make("select", { class: "f", name: "time", "aria-label": "Время" });
    const times = () => time.replaceChildren(...(offer.days.find((one) => one.day === day.value) || { times: [] }).times.map((one) => make("option", {}, one)));
    const pair = make("div", { class: "p", hidden: true }, day, time);
    const agree = make("input", { type: "checkbox", name: "consent", value: "1", required: true });
    const error = make("p", { class: "e", id: "e", role: "alert" });
    const send = make("button", { class: "s", type: "submit" }, "Жду звонка");
    const close = make("button", { class: "x", type: "button", "aria-label": "Закрыть" }, "×");
    const form = make("form", { novalidate: true },
      make("label", { for: "n" }, "Телефон"), phone, make("label", { for: "a" }, "Имя"), name, make("div", { class: "t", "aria-hidden": "true" }, trap),
      make("label", { class: "r" }, soon, "Через 30 секунд"), offer.days.length ? make("label", { class: "r" }, later, "В удобное время") : "", pair,
      make("label", { class: "r" }, agree, make("small", {}, say.consent)), error, send);
    const box = make("dialog", { "aria-labelledby": "h" }, close, make("h2", { id: "h" }, say.heading), make("p", { id: "s", role: "status" }, say.promise), form);
    const fail = (text, field) => {
      error.textContent = text;
      if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
    };
    day.onchange = times;
    soon.onchange = later.onchange = () => { pair.hidden = !later.checked; };
    close.onclick = () => box.close();
    box.onclick = (event) => { if (event.target === box) box.close(); };
    form.onsubmit = async (event) => {
      event.preventDefault();
      fail("");
      phone.removeAttribute("aria-invalid");
      if (!phone.value.trim()) return fail("Введите номер телефона", phone);
      if (!agree.checked) return fail("Без согласия перезвонить нельзя: отметьте его", agree);
      send.disabled = true;
      const was = send.textContent;
      send.textContent = "Отправляем…";
      try {
        const asked = new URLSearchParams(location.search), body = new URLSearchParams(new FormData(form));
        if (!later.checked) { body.delete("day"); body.delete("time"); }
        body.set("page", location.origin + location.pathname);
        body.set("medium", asked.get("utm_medium") || "");
        body.set("campaign", asked.get("utm_campaign") || "");
        body.set("challenge", offer.challenge);
        body.set("answer", await work);
        const got = await fetch(base, { method: "POST", body, credentials: "omit" });
        const told = await got.json();
        if (got.ok) {
          root.getElementById("s").textContent = told.text;
          form.replaceWith(make("button", { class: "s", type: "button", autofocus: true }, "Хорошо"));
          const ok = box.querySelector(".s");
          ok.onclick = () => { box.close(); box.remove(); offer = null; };
          ok.focus();
        } else {
          if (told.renew) await load();
          fail(told.text, told.field === "at" ? time : told.field === "number" ? phone : null);
        }
      } catch {
        fail("Нет связи: проверьте интернет и отправьте ещё раз");
      }
      send.disabled = false;
      send.textContent = was;
    };
    times();
    root.append(box);
    return box;
  }
  let box = null;
  async function open() {
    try {
      if (!offer) { await load(); box = build(); }
      box.showModal();
    } catch {
      location.href = new URL("/callback/" + tag.dataset.site, tag.src).href;
    }
  }
  const start = () => {
    document.body.append(host);
    const own = document.querySelectorAll("[data-callback]");
    for (const one of own) one.addEventListener("click", (event) => { event.preventDefault(); open(); });
    if (own.length) return;
    const button = make("button", { class: "o", type: "button", "aria-haspopup": "dialog" }, tag.dataset.button || "Перезвоните мне");
    button.onclick = open;
    root.append(button);
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
