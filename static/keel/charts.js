// Which pictures does a report draw? Each canvas names the JSON block it is drawn from; the table beside it has the same figures.
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const tones = () => ({ accent: css("--k-teal"), muted: css("--k-border-strong"), warning: css("--k-warning-fg"), info: css("--k-info-fg") });

  const dataset = (series, kind, colour) => ({
    label: series.label,
    data: series.values,
    yAxisID: series.axis === "right" ? "right" : "y",
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: kind === "line" ? 2 : 0,
    borderRadius: 3,
    maxBarThickness: 28,
    pointRadius: 0,
    pointHitRadius: 10,
    tension: 0.25,
    spanGaps: true,
    borderDash: kind === "line" && series.axis === "right" ? [5, 3] : [],
  });

  const draw = (canvas) => {
    const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    const colours = tones();
    const text = css("--k-muted");
    const grid = css("--k-border");
    const axis = { ticks: { color: text, maxTicksLimit: 6 }, grid: { color: grid }, border: { display: false }, beginAtZero: true };
    const scales = { x: { ticks: { color: text, maxTicksLimit: 10, maxRotation: 0 }, grid: { display: false } }, y: axis };
    if (data.series.some((series) => series.axis === "right")) {
      scales.right = { ...axis, position: "right", grid: { display: false } };
    }
    return new Chart(canvas, {
      type: data.kind,
      data: { labels: data.labels, datasets: data.series.map((series) => dataset(series, data.kind, colours[series.tone])) },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        animation: false,
        interaction: { mode: "index", intersect: false },
        plugins: { legend: { labels: { color: text, boxWidth: 12, boxHeight: 2 } } },
        scales,
      },
    });
  };

  let charts = [];
  const drawAll = () => {
    charts.forEach((chart) => chart.destroy());
    charts = [...document.querySelectorAll("canvas[data-chart]")].map(draw);
  };
  drawAll();
  // another theme has other colours
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
