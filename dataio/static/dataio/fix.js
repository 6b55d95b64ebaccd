// The fix page: cells are corrected in the grid, checked again at once, and gone when good.

import "./page.js";
import "./progress.js";
import "./grid.js";
import { Checking, refreshKeeping } from "./checking.js";
import { refresh } from "./fragments.js";

const grid = () => document.querySelector("dataio-grid[data-edits]");

const checking = new Checking({ onChecked: show });

async function show(isFirst) {
  if (isFirst || !grid()) return refreshKeeping(["fix"]);
  const page = await refreshKeeping(["review-bar", "fix-groups", "rows-title", "fix-conflicts"]);
  if (page.querySelector("dataio-grid[data-edits]")) await grid().reload();
  else if (page.querySelector("#fix")?.dataset.review === "review") {
    await refresh(location.href, ["fix"]);
    document.querySelector("#onward")?.focus();
  }
  return page;
}

document.addEventListener("dataio-grid-edit", (event) => {
  checking.decisions.add(
    event.detail.map(({ row, column, value }) => ({
      row,
      column,
      // What the cell held does not matter: the row names it.
      value: "",
      action: value === "" ? "blank" : "replace",
      replacement: value,
    })),
  );
});
