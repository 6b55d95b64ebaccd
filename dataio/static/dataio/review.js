// The review page: narrows what is shown, takes decisions, follows the check.

import "./page.js";
import "./progress.js";
import "./grid.js";
import { Checking, refreshKeeping } from "./checking.js";
import { refresh } from "./fragments.js";

const PARTS = ["review-bar", "review-figures", "review-view", "review-go"];
let loading;

new Checking({
  onChecked: (isFirst) => refreshKeeping(isFirst ? ["review"] : PARTS),
});

async function narrow(url) {
  loading?.abort();
  loading = new AbortController();
  document.querySelector("#review-view").setAttribute("aria-busy", "true");
  try {
    await refresh(url, ["review-figures", "review-view"], { signal: loading.signal });
    history.replaceState(null, "", url);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-narrow]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  narrow(link.href);
});
