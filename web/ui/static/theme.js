// Runs before the first paint, so that a dark page never flashes white.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("theme") || "system"; } catch { return "system"; }
  };
  const apply = () => {
    const theme = chosen();
    root.dataset.theme = theme;
    root.dataset.bsTheme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  };
  root.classList.remove("no-script");
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("theme:set", (event) => {
    try { localStorage.setItem("theme", event.detail); } catch { /* a private window keeps it for this page */ }
    root.dataset.theme = event.detail;
    root.dataset.bsTheme = event.detail === "system" ? (dark.matches ? "dark" : "light") : event.detail;
  });
})();
