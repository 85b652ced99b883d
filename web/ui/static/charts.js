// Draws each [data-chart] from the table that it names: rows are the places, columns with a tone the stacked series.
// The table stays for who has no script, no eyes or wants the figures; a press on a bar opens the calls behind it.

const colours = { ok: "--ok", bad: "--bad", warn: "--leg-ringing", calm: "--leg-other" };

function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const series = heads.flatMap((head, column) => (head.dataset.tone ? [{
    name: head.textContent.trim(),
    tone: head.dataset.tone,
    values: rows.map((row) => Number(row.cells[column].textContent.trim())),
    links: rows.map((row) => row.cells[column].querySelector("a")?.href ?? ""),
  }] : []));
  return { places: rows.map((row) => row.cells[0].textContent.trim()), series };
}

function options(data) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const text = { color: colour("--ink-2"), fontFamily: getComputedStyle(document.body).fontFamily };
  return {
    animation: false,
    textStyle: text,
    grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: text },
    // Drawn on the canvas: markup of a tooltip would carry styles that the page forbids.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" },
      backgroundColor: colour("--surface"), borderColor: colour("--line-2"), textStyle: { ...text, color: colour("--ink") } },
    xAxis: { type: "category", data: data.places, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--line-2") } }, axisLabel: { color: colour("--ink-2") } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: colour("--line") } }, axisLabel: { color: colour("--ink-2") } },
    series: data.series.map((one) => ({
      name: one.name, type: "bar", stack: "calls", barMaxWidth: 34, cursor: "pointer",
      data: one.values, itemStyle: { color: colour(colours[one.tone]) },
    })),
  };
}

for (const box of document.querySelectorAll("[data-chart]")) {
  const data = read(document.getElementById(box.dataset.chart));
  box.classList.add("is-drawn");
  box.nextElementSibling.open = false;
  const chart = window.echarts.init(box, null, { renderer: "canvas" });
  const draw = () => chart.setOption(options(data), true);
  draw();
  chart.on("click", (what) => {
    const link = data.series[what.seriesIndex]?.links[what.dataIndex];
    if (link) location.assign(link);
  });
  new ResizeObserver(() => chart.resize()).observe(box);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}
