// Draws every canvas[data-chart] with Chart.js, in the page's own colours, and again when the theme changes.
(() => {
  const drawn = [];
  const draw = () => {
    drawn.splice(0).forEach((chart) => chart.destroy());
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    const colours = ["--tblr-primary", "--tblr-teal", "--tblr-orange", "--tblr-purple"].map(colour);
    // A colour that the browser has worked out: the variable itself may be a formula.
    Chart.defaults.color = getComputedStyle(document.querySelector(".subheader")).color;
    Chart.defaults.borderColor = "rgba(128, 128, 128, .2)";
    Chart.defaults.font.family = style.fontFamily;
    Chart.defaults.animation = false;
    document.querySelectorAll("canvas[data-chart]").forEach((canvas) => {
      const told = JSON.parse(canvas.dataset.chart);
      const axis = told.across ? "y" : "x", other = told.across ? "x" : "y";
      drawn.push(new Chart(canvas, {
        type: "bar",
        data: {
          labels: told.labels,
          datasets: told.sets.map((each, number) => ({ ...each, backgroundColor: colours[number % colours.length] })),
        },
        options: {
          indexAxis: axis,
          maintainAspectRatio: false,
          // A bar leads to its conversations; by keyboard the table below does.
          onClick: (_event, hit) => { if (hit.length && told.leads?.length) location.href = told.leads[hit[0].index]; },
          onHover: (event, hit) => { event.native.target.style.cursor = hit.length && told.leads?.length ? "pointer" : ""; },
          plugins: { legend: { display: told.sets.length > 1 } },
          scales: {
            [axis]: { stacked: told.stacked, grid: { display: false } },
            [other]: { stacked: told.stacked, beginAtZero: true, ticks: { precision: 0 } },
          },
        },
      }));
    });
  };
  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
