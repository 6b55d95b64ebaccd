// One job: its bar, live; after the end the result takes the bar's place.

import "./page.js";
import "./progress.js";
import { Feed, getJson } from "./feed.js";
import { fragment } from "./fragments.js";
import { watchTab } from "./tab.js";

const bar = document.querySelector("dataio-progress[data-job]");
const place = document.querySelector("[data-job-page]");

async function showResult() {
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      const fresh = await fragment(place.dataset.resultUrl);
      document.querySelector("[data-result]").replaceWith(fresh);
      document.querySelector("[data-cancel]")?.remove();
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 500 * 2 ** tries));
    }
  }
}

if (bar) {
  watchTab(bar);
  if (!bar.ended) {
    const feed = new Feed(bar.dataset.socket, async () => [await getJson(bar.dataset.status)], {
      onSnapshot: (snapshot) => bar.show(snapshot),
      onLink: (linked) => (bar.linked = linked),
    });
    bar.addEventListener("dataio-progress-end", () => {
      feed.stop();
      showResult();
    });
    feed.start();
  }
}

// Cancel without leaving the page: the bar goes on until the job has stopped.
const cancel = document.querySelector("[data-cancel]");
cancel?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = cancel.querySelector("button");
  button.disabled = true;
  button.querySelector("[data-text]").textContent = button.dataset.busyText;
  try {
    await fetch(cancel.action, {
      method: "POST",
      body: new FormData(cancel),
      headers: { Accept: "application/json" },
    });
  } catch {
    button.disabled = false;
    button.querySelector("[data-text]").textContent = button.dataset.text;
  }
});
