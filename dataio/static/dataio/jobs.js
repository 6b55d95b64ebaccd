// The list of all jobs: live, and its filters apply as they are changed.

import "./page.js";
import "./progress.js";
import { followList } from "./joblist.js";

const filters = document.querySelector("[data-filters]");
filters?.addEventListener("change", (event) => {
  if (event.target.matches("select")) filters.requestSubmit();
});

followList(document.querySelector("[data-job-list]"));

// What is chosen to be stopped: the button appears with the first job, and says how many.
const bar = document.querySelector("[data-cancel-chosen]");

function tell() {
  const button = bar.querySelector("button");
  const count = document.querySelectorAll("input[name=job]:checked").length;
  bar.hidden = !count;
  const { one, many } = button.dataset;
  button.querySelector("span").textContent = count === 1 ? one : many.replace("{n}", count);
}

if (bar) {
  tell();
  document.addEventListener("change", (event) => event.target.name === "job" && tell());
  // A job that ends takes its box along.
  const list = document.querySelector("[data-job-list]");
  new MutationObserver(tell).observe(list, { childList: true, subtree: true });
}
