// A list of jobs that is live: bars move, new jobs appear, ended ones say how they ended.

import { Feed, getJson } from "./feed.js";
import { fragment } from "./fragments.js";

/**
 * Follow the jobs inside `root`. It carries the socket's address and the address of a
 * row (with the id "00000000-..."), and holds one [data-running] and one [data-ended]
 * list, or one [data-any] list for both.
 */
export function followList(root) {
  if (!root) return;
  const list = new LiveList(root);
  const feed = new Feed(root.dataset.socket, () => list.poll(), {
    onSnapshot: (snapshot) => list.take(snapshot),
    onLink: (linked) => list.bars().forEach((bar) => (bar.linked = linked)),
  });
  feed.start();
}

class LiveList {
  constructor(root) {
    this.root = root;
    this.pending = new Set();
  }

  bars() {
    return [...this.root.querySelectorAll("dataio-progress")];
  }

  poll() {
    return Promise.all(this.bars().map((bar) => getJson(bar.dataset.status)));
  }

  row(job) {
    return this.root.querySelector(`[data-job-row="${CSS.escape(job)}"]`);
  }

  take(snapshot) {
    const row = this.row(snapshot.job);
    const bar = row?.querySelector("dataio-progress");
    if (bar && !snapshot.complete) bar.show(snapshot);
    else if (bar || (!row && !snapshot.complete && this.root.dataset.takesNew)) {
      bar?.show(snapshot);
      this.replace(snapshot.job);
    }
  }

  async replace(job) {
    if (this.pending.has(job)) return;
    this.pending.add(job);
    try {
      this.place(await fragment(this.root.dataset.row.replace(/0{8}(-0{4}){3}-0{12}/, job)));
    } catch {
      // The next message, or the next poll, tries again.
    } finally {
      this.pending.delete(job);
    }
  }

  place(fresh) {
    const old = this.row(fresh.dataset.jobRow);
    const ended = !fresh.querySelector("dataio-progress");
    const target = this.root.querySelector(ended ? "[data-ended]" : "[data-running]");
    if (!target) return old?.replaceWith(fresh);
    old?.remove();
    target.prepend(fresh);
    for (const section of this.root.querySelectorAll("[data-hide-empty]")) {
      section.hidden = !section.querySelector("[data-job-row]");
    }
    for (const empty of this.root.querySelectorAll("[data-show-empty]")) {
      empty.hidden = Boolean(empty.parentElement.querySelector("[data-job-row]"));
    }
  }
}
