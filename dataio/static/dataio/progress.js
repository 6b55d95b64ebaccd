// <dataio-progress>: one job's bar. It is told snapshots by `show` and never goes back.

import { percent, rate, rowsDone, say, timeLeft } from "./words.js";

// Milliseconds that a step of the bar takes.
const SHORTEST = 200;
const LONGEST = 900;
const ENDED = new Set(["done", "failed", "cancelled"]);

export class ProgressBar extends HTMLElement {
  #seq = -1;
  #percent = 0;
  #state = "";
  #drawn = 0;
  #spoken = { phase: "", ten: 0 };

  connectedCallback() {
    if (this.#seq >= 0 || !this.dataset.snapshot) return;
    const snapshot = JSON.parse(this.dataset.snapshot);
    // What the page already says is not announced again.
    this.#spoken = { phase: phaseOf(snapshot), ten: Math.floor(snapshot.percent / 10) };
    this.#state = snapshot.job_state;
    this.show(snapshot);
  }

  get job() {
    return this.dataset.job;
  }

  get ended() {
    return ENDED.has(this.#state);
  }

  get percent() {
    return this.#percent;
  }

  get state() {
    return this.#state;
  }

  /** Show a snapshot, unless a newer one was shown already. Tells of it by an event. */
  show(snapshot) {
    if (snapshot.seq < this.#seq || (this.ended && !ENDED.has(snapshot.job_state))) return;
    const wasEnded = this.ended;
    this.#seq = snapshot.seq;
    this.#state = snapshot.job_state;
    const full = this.#state === "done" ? 100 : snapshot.percent;
    this.#percent = Math.max(this.#percent, full);
    this.dataset.state = this.#state;
    this.#draw(snapshot);
    this.#announce(snapshot);
    this.#tell("dataio-progress-move", snapshot);
    if (this.ended && !wasEnded) this.#tell("dataio-progress-end", snapshot);
  }

  /** Begin again at nothing: for the next upload on the same page. */
  reset() {
    this.#seq = -1;
    this.#percent = 0;
    this.#spoken = { phase: "", ten: 0 };
  }

  /** Say beside the bar whether the connection is there. The numbers stay. */
  set linked(isLinked) {
    const part = this.#part("link");
    if (part) part.hidden = isLinked || this.ended;
  }

  #draw(snapshot) {
    const running = this.#state === "running";
    this.toggleAttribute("data-idle", running && this.#percent < 0.5);
    this.#glide();
    this.#write("phase", phaseOf(snapshot));
    this.#write("rows", running ? (snapshot.amount ?? rowsDone(snapshot.current, snapshot.total, snapshot.phase)) : "");
    this.#write("rate", running ? (snapshot.speed ?? rate(snapshot.rows_per_second, snapshot.phase)) : "");
    this.#write("left", running ? timeLeft(snapshot.eta_seconds) : "");
    this.#write("percent", percent(this.#percent, this.ended));
    if (snapshot.waiting !== undefined || this.#state !== "waiting") {
      this.#write("why", this.#state === "waiting" ? snapshot.waiting : "");
    }
    const bar = this.querySelector("[role=progressbar]");
    bar.setAttribute("aria-valuenow", Math.floor(this.#percent));
    bar.setAttribute("aria-valuetext", `${phaseOf(snapshot)}, ${percent(this.#percent, this.ended)}`);
  }

  /** Move for about as long as the next message takes to come, so that the bar never stands. */
  #glide() {
    const now = performance.now();
    const wait = this.ended ? SHORTEST : now - this.#drawn;
    this.#drawn = now;
    const fill = this.querySelector("rect");
    fill.style.transitionDuration = `${Math.min(LONGEST, Math.max(SHORTEST, wait))}ms`;
    fill.style.transform = `scaleX(${this.#percent})`;
  }

  #announce(snapshot) {
    const phase = phaseOf(snapshot);
    const ten = Math.floor(this.#percent / 10);
    if (phase === this.#spoken.phase && ten <= this.#spoken.ten) return;
    this.#spoken = { phase, ten: Math.max(ten, this.#spoken.ten) };
    if (this.ended) this.#write("assertive", snapshot.description || phase);
    else this.#write("polite", `${phase}, ${percent(this.#percent)}`);
  }

  #tell(name, snapshot) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: snapshot }));
  }

  #part(name) {
    return this.querySelector(`[data-part=${name}]`);
  }

  #write(name, text) {
    const part = this.#part(name);
    if (part && part.textContent !== text) part.textContent = text;
  }
}

/** The phase in words; before and after the work, the state. */
function phaseOf(snapshot) {
  const running = snapshot.job_state === "running" && snapshot.phase;
  return (running && say(`phase-${snapshot.phase}`)) || say(`state-${snapshot.job_state}`);
}

customElements.define("dataio-progress", ProgressBar);
