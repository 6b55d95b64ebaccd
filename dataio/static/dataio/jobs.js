// The list of all jobs: live, and its filters apply as they are changed.

import "./page.js";
import "./progress.js";
import { followList } from "./joblist.js";

const filters = document.querySelector("[data-filters]");
filters?.addEventListener("change", (event) => {
  if (event.target.matches("select")) filters.requestSubmit();
});

followList(document.querySelector("[data-job-list]"));
