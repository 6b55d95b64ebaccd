// Columns of a grid keep the width they had at first, whatever rows come, and can be resized.

const NARROWEST = 48;
const STEP = 16;

export function makeResizable(grid) {
  const heads = [...grid.table.tHead.rows[0].cells];
  const widths = heads.map((head) => Math.ceil(head.getBoundingClientRect().width));
  const group = document.createElement("colgroup");
  group.append(...heads.map(() => document.createElement("col")));
  grid.table.prepend(group);

  const apply = () => {
    widths.forEach((width, place) => (group.children[place].style.inlineSize = `${width}px`));
    grid.table.style.inlineSize = `${widths.reduce((sum, one) => sum + one, 0)}px`;
  };
  grid.setWidth = (column, width) => {
    widths[column] = Math.max(NARROWEST, Math.round(width));
    apply();
  };
  grid.widen = (column, steps) => grid.setWidth(column, widths[column] + steps * STEP);
  grid.fit = (column) => {
    const cells = [heads[column], ...[...grid.body.rows].map((row) => row.cells[column])];
    grid.setWidth(column, NARROWEST);
    grid.setWidth(column, Math.max(...cells.map((cell) => cell.scrollWidth)) + 8);
  };

  heads.forEach((head, column) => head.append(handle(grid, column, () => widths[column])));
  apply();
}

function handle(grid, column, width) {
  const grip = document.createElement("span");
  grip.className = "resize";
  grip.setAttribute("aria-hidden", "true");
  grip.addEventListener("dblclick", () => grid.fit(column));
  grip.addEventListener("pointerdown", (down) => {
    down.preventDefault();
    grip.setPointerCapture(down.pointerId);
    const begun = width();
    const turned = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
    const move = (event) => grid.setWidth(column, begun + turned * (event.clientX - down.clientX));
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
  });
  return grip;
}
