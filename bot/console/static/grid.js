// A table of days: the arrow keys go from cell to cell, Home and End to the ends of a row.
(() => {
  const link = (cell) => cell?.querySelector("a");
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-grid] td, [data-grid] th");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const row = cell.parentElement, rows = [...cell.closest("table").rows], cells = [...row.cells];
    const across = cells.indexOf(cell), down = rows.indexOf(row);
    const nearest = (list) => list.map(link).find(Boolean);
    const to = {
      ArrowLeft: () => nearest(cells.slice(0, across).reverse()) || nearest([...rows[down - 1]?.cells || []].reverse()),
      ArrowRight: () => nearest(cells.slice(across + 1)) || nearest([...rows[down + 1]?.cells || []]),
      ArrowUp: () => nearest(rows.slice(0, down).reverse().map((each) => each.cells[across])),
      ArrowDown: () => nearest(rows.slice(down + 1).map((each) => each.cells[across])),
      Home: () => nearest(cells),
      End: () => nearest(cells.slice().reverse()),
    }[event.key]?.();
    if (to) { event.preventDefault(); to.focus(); }
  });
})();
