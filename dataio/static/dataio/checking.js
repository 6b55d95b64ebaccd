// What the review and the fix page share: they follow the job, take decisions, and put
// what was checked again into place without losing where the person is.

import { Decisions, decisionOf } from "./decisions.js";
import { Feed, getJson } from "./feed.js";
import { refresh } from "./fragments.js";
import { watchTab } from "./tab.js";
import { say } from "./words.js";

const BAR_AFTER = 1_000; // milliseconds: a check that is quicker shows no bar

export class Checking {
  #barTimer;
  #later = []; // forms that were sent while a check was on its way

  /** `onChecked(isFirst)` shows what was found. It returns the page it loaded. */
  constructor({ onChecked }) {
    this.onChecked = onChecked;
    this.decisions = new Decisions({
      onSent: () => this.begin(),
      onRefused: (sentence) => this.refuse(sentence),
    });
    document.addEventListener("submit", (event) => this.#decide(event));
    const { status, socket } = this.place.dataset;
    this.feed = new Feed(socket, async () => [await getJson(status)], {
      onSnapshot: (snapshot) => this.#hear(snapshot),
      onLink: (linked) => this.bar && (this.bar.linked = linked),
    });
    this.first = this.place.dataset.review !== "review";
    this.decisions.checking = this.first;
    if (this.bar) watchTab(this.bar);
    this.feed.start();
  }

  get place() {
    return document.querySelector("[data-review]");
  }

  get bar() {
    return document.querySelector("#review-bar dataio-progress");
  }

  /** A check has begun. */
  begin() {
    this.place.setAttribute("aria-busy", "true");
    this.#say("checking-again");
    document.querySelector("[data-refused]").hidden = true;
    for (const one of document.querySelectorAll("[data-import], [data-import-removing]")) one.disabled = true;
    clearTimeout(this.#barTimer);
    this.#barTimer = setTimeout(() => refresh(location.href, ["review-bar"]).catch(() => {}), BAR_AFTER);
    this.feed.again();
  }

  refuse(sentence) {
    const note = document.querySelector("[data-refused]");
    note.hidden = false;
    note.firstElementChild.textContent = sentence;
  }

  async #hear(snapshot) {
    this.bar?.show(snapshot);
    const state = snapshot.job_state;
    if (["done", "failed", "cancelled", "draft"].includes(state)) return this.#leave();
    if (state !== "review" || !this.decisions.checking || this.showing) return;
    this.showing = true;
    try {
      await this.#show();
    } catch {
      this.feed.again();
    } finally {
      this.showing = false;
    }
  }

  async #show() {
    clearTimeout(this.#barTimer);
    const page = await this.onChecked(this.first);
    // An old message may say "checked" when the next check has already begun.
    if (page.querySelector("[data-review]")?.dataset.review !== "review") return;
    this.first = false;
    this.place.dataset.review = "review";
    this.place.removeAttribute("aria-busy");
    this.#say("checked");
    this.decisions.checked();
    if (this.decisions.idle && this.#later.length) this.#post(...this.#later.shift());
  }

  #decide(event) {
    const form = event.target.closest("form[data-decide], form[data-posted]");
    if (!form || !event.submitter) return;
    if ("posted" in form.dataset) {
      event.preventDefault();
      this.#post(form, event.submitter);
      return;
    }
    event.preventDefault();
    const group = form.closest("[data-group]");
    group.setAttribute("aria-busy", "true");
    this.decisions.add([decisionOf(form, event.submitter)]);
  }

  /** Send a form that is not about a value; it is checked again, or refused with a sentence. */
  async #post(form, button) {
    const place = form.closest("li") ?? form;
    place.setAttribute("aria-busy", "true");
    if (!this.decisions.idle) return this.#later.push([form, button]);
    try {
      const headers = { Accept: "application/json" };
      const body = new FormData(form, button);
      const answer = await fetch(form.action, { method: "POST", headers, body });
      const { error } = await answer.json();
      if (!error) {
        this.decisions.checking = true;
        return this.begin();
      }
      this.refuse(error);
    } catch {
      form.removeAttribute("data-posted");
      return form.requestSubmit(button);
    }
    place.removeAttribute("aria-busy");
  }

  #leave() {
    this.feed.stop();
    location.assign(this.place.dataset.job);
  }

  #say(word) {
    const place = document.querySelector("[data-said]");
    if (place) place.textContent = say(word);
  }
}

/**
 * Refresh those parts of the page; what was typed and where the focus was stays, also when
 * the thing that had it is gone: then the next one gets it.
 */
export async function refreshKeeping(ids) {
  const typed = new Map();
  for (const group of document.querySelectorAll("[data-group]")) {
    const field = group.querySelector("[name=replacement]");
    if (field?.value && !group.hasAttribute("aria-busy")) typed.set(keyOf(group), field.value);
  }
  const focused = document.activeElement?.closest("[data-group]");
  const place = focused ? [...document.querySelectorAll("[data-group]")].indexOf(focused) : -1;
  const key = focused && keyOf(focused);
  const control = document.activeElement?.name;
  const page = await refresh(location.href, ids);
  const groups = [...document.querySelectorAll("[data-group]")];
  for (const group of groups) {
    const field = group.querySelector("[name=replacement]");
    if (field && typed.has(keyOf(group))) field.value = typed.get(keyOf(group));
  }
  if (place >= 0) {
    const same = groups.find((group) => keyOf(group) === key);
    const group = same ?? groups[Math.min(place, groups.length - 1)];
    const target = (same && group?.querySelector(`[name="${control}"]`)) ?? group?.querySelector("button:not([tabindex]), input[type=text]");
    (target ?? document.querySelector("#import, #onward"))?.focus({ preventScroll: true });
  }
  return page;
}

const keyOf = (group) => `${group.dataset.group}\n${group.dataset.value}\n${group.dataset.code}`;
