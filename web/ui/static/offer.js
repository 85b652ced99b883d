// «Видно вам ещё 3:12» on the card of an order.
const marks = document.querySelectorAll(".offer [data-until]");
if (marks.length) {
  setInterval(() => {
    for (const mark of marks) {
      const left = Math.max(0, Math.round((Date.parse(mark.dataset.until) - Date.now()) / 1000));
      const text = left >= 3600 ? `${Math.floor(left / 3600)}:${String(Math.floor(left / 60) % 60).padStart(2, "0")}` : String(Math.floor(left / 60));
      mark.querySelector("[data-left]").textContent = `${text}:${String(left % 60).padStart(2, "0")}`;
    }
  }, 1000);
}
