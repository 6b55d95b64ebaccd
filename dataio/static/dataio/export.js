// The export page: what is chosen is shown at once, counted, and with its first rows.

import "./page.js";
import { refresh } from "./fragments.js";
import { watchList } from "./exportlist.js";

const TYPING = 120; // milliseconds without a key before the server is asked
const LIVE = ["export-says", "export-start", "export-preview", "export-summary"];
const CHOICES = ["export-sorts", "export-layout"];
const FILTERS = ["export-filters", "export-questions"];
const COLUMNS = ["export-columns"];
const TYPED = "#export-filters :is(input:not([type=checkbox], [type=radio]), textarea)";

const form = document.querySelector("[data-export]");
let wanted = new Set();
let extra = {};
let timer;
let loading;

/** Ask the server for fresh pieces of the page; what an earlier question wanted comes too. */
function ask(ids, { wait = 0, also = {} } = {}) {
  for (const id of [...LIVE, ...ids]) wanted.add(id);
  extra = { ...extra, ...also };
  // An answer on its way knows nothing of this, and would draw over what was just typed.
  loading?.abort();
  form.setAttribute("aria-busy", "true");
  clearTimeout(timer);
  timer = setTimeout(load, wait);
}

async function load() {
  loading = new AbortController();
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrfmiddlewaretoken");
  for (const [name, value] of Object.entries(extra)) query.append(name, value);
  const ids = [...wanted];
  const part = ids.every((id) => LIVE.includes(id)) ? "&part=live" : "";
  try {
    await refresh(`${form.action}?${query}${part}`, ids, { signal: loading.signal, keep: TYPED });
  } catch (error) {
    // A newer question answers, or the button does: the server then says why.
    if (error.name !== "AbortError") form.removeAttribute("aria-busy");
    return;
  }
  wanted = new Set();
  extra = {};
  form.removeAttribute("aria-busy");
  history.replaceState(null, "", `${form.action}?${new URLSearchParams(cleaned())}`);
  form.dispatchEvent(new CustomEvent("fresh", { detail: ids }));
}

/** What the form says, without what only this moment needs. */
function cleaned() {
  const left = ["csrfmiddlewaretoken", "export-add", "export-find", "report-name"];
  return [...new FormData(form)].filter(([name, value]) => value && !left.includes(name));
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drop], [data-toggle]");
  if (!button) return;
  event.preventDefault();
  const drops = button.matches("[data-drop]");
  if (drops) whenFresh(() => form.querySelector("#export-add").focus());
  ask(drops ? FILTERS : COLUMNS, { also: { [button.name]: button.value } });
});

form.addEventListener("change", (event) => {
  const control = event.target;
  if (control.matches("[data-add]")) {
    if (!control.value) return;
    ask(FILTERS);
    whenFresh(focusLastFilter);
  } else if (control.matches("[data-operator]")) {
    ask(FILTERS);
  } else if (control.matches("[data-leaf]")) {
    const next = leavesFrom(control);
    whenFresh(() => next.map((id) => document.getElementById(id)).find(Boolean)?.focus());
    ask([...COLUMNS, ...CHOICES, ...FILTERS]);
  } else if (control.name === "export-columns" || control.name === "export-masked") {
    ask(CHOICES);
  } else if (control.matches("[data-sort]")) {
    ask(["export-sorts"]);
  } else if (control.name === "export-format") {
    ask(["export-layout"]);
  } else if (control.matches("select, [type=radio], [type=checkbox], [type=date]")) {
    ask([]);
  }
});

form.addEventListener("input", (event) => {
  const field = event.target;
  if (field.name === "export-find") ask(["export-related"], { wait: TYPING });
  else if (field.matches(TYPED)) ask([], { wait: TYPING });
});

// Enter in a field shows what it means; it starts nothing.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox])")) return;
  event.preventDefault();
  ask([]);
});

/** Whoever works with keys goes on where they were, although the pieces are new. */
function whenFresh(act) {
  form.addEventListener("fresh", act, { once: true });
}

/** What is left to choose after a related column is chosen: those below it, then above. */
function leavesFrom(leaf) {
  const ids = [...form.querySelectorAll("input[data-leaf]")].map((one) => one.id);
  const place = ids.indexOf(leaf.id);
  return [...ids.slice(place + 1), ...ids.slice(0, place).reverse(), "export-find"];
}

function focusLastFilter() {
  const last = [...form.querySelectorAll(".filter-sentence")].at(-1);
  last?.querySelector(".field :is(input, select, textarea), [data-operator]")?.focus();
}

watchList(form, () => ask(CHOICES));

// Days begin where the person is.
const zone = form.querySelector("[data-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && here && zone.value !== here) {
  zone.value = here;
  if (form.querySelector(".filter-sentence")) ask([]);
}
