// The mapping page: says at once what a changed choice means, and swaps in another
// sheet, header row or kind of rows without losing the place.

import "./page.js";
import { refresh } from "./fragments.js";
import { say } from "./words.js";

const page = () => document.querySelector("[data-map]");
const selects = () => [...page().querySelectorAll("[data-column]")];
const SPLIT = "*split";
let loading;
let reading;

function tell() {
  const users = new Map();
  const use = (name, select) => users.set(name, [...(users.get(name) ?? []), select]);
  for (const select of selects()) {
    if (select.value && select.value !== SPLIT) use(select.value, select);
    if (select.value !== SPLIT) continue;
    for (const part of select.closest("td").querySelectorAll("[data-part]")) {
      if (part.value) use(part.value, part);
    }
  }
  for (const select of selects()) tellRow(select, users.get(select.value) ?? []);
  for (const note of page().querySelectorAll("[data-join]")) tellJoin(note, users);
  const filled = tellFills(users);
  tellLeftOut();
  const modes = new Map([...page().querySelectorAll("[data-mode]")].map((one) => [one.dataset.mode, one.value]));
  for (const note of page().querySelectorAll("[data-required]")) {
    const name = note.dataset.required;
    const creates = modes.get(name.includes(".") ? name.replace(/[^.]*$/, "") : "") !== "update";
    note.hidden = !creates || users.has(name) || filled.has(name);
  }
}

function tellJoin(note, users) {
  const whole = (users.get(note.dataset.join) ?? []).filter((one) => "column" in one.dataset);
  note.hidden = whole.length < 2;
  const names = whole.map((one) => one.closest("tr").dataset.header);
  note.querySelector("[data-joined]").textContent = names.join(", ");
  note.dataset.tone = isJoined(note.dataset.join) ? "info" : "warn";
}

const isJoined = (name) =>
  Boolean(page().querySelector(`[data-join="${CSS.escape(name)}"] [type="checkbox"]`)?.checked);

/** A column that the file has needs no value for all rows; returns those that get one. */
function tellFills(users) {
  const filled = new Set();
  for (const field of page().querySelectorAll("[data-fill]")) {
    const input = field.querySelector("input");
    const used = users.has(field.dataset.fill);
    field.hidden = used;
    input.disabled = used;
    if (!used && input.value.trim()) filled.add(field.dataset.fill);
  }
  return filled;
}

function tellLeftOut() {
  const note = page().querySelector("[data-left-out]");
  if (!note) return;
  const names = selects()
    .filter((select) => !select.value)
    .map((select) => select.closest("tr").dataset.header);
  note.hidden = !names.length;
  note.querySelector("[data-names]").textContent = names.join(", ");
}

function tellRow(select, users) {
  const row = select.closest("tr");
  const changed = select.value !== select.dataset.proposed;
  row.querySelector("[data-sure]").hidden = !select.value || changed;
  row.querySelector("[data-chosen]").hidden = !select.value || !changed;
  row.querySelector("[data-out]").hidden = Boolean(select.value);
  const other = isJoined(select.value) ? undefined : users.find((one) => one !== select);
  const note = row.querySelector("[data-twice]");
  note.hidden = !other;
  note.textContent = other ? say("column-twice", { one: other.closest("tr").dataset.header }) : "";
  if (other) select.setAttribute("aria-invalid", "true");
  else select.removeAttribute("aria-invalid");
}

/** Shows how the samples are read with what is chosen now; the server knows. */
async function read(form) {
  reading?.abort();
  reading = new AbortController();
  const data = new FormData(form);
  data.set("action", "preview");
  try {
    const answer = await fetch(location.href, { method: "POST", body: data, signal: reading.signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.name;
    for (const list of page().querySelectorAll(".reads[id], .parts-written")) {
      const one = fresh.getElementById(list.id);
      if (one) list.replaceWith(document.adoptNode(one));
    }
    if (focused && !page().contains(document.activeElement)) {
      page().querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
    }
  } catch {
    // The examples stay as they were; what is chosen counts all the same.
  }
}

async function show(url) {
  loading?.abort();
  loading = new AbortController();
  page().setAttribute("aria-busy", "true");
  try {
    await refresh(url, ["map"], { signal: loading.signal });
    history.replaceState(null, "", url);
    tell();
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

document.addEventListener("change", (event) => {
  const choices = event.target.closest("[data-map-choices]");
  if (choices) return show(`?${new URLSearchParams(new FormData(choices))}`);
  const form = event.target.closest("[data-map-form]");
  if (!form) return;
  tell();
  if (event.target.closest(".mapping")) read(form);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-header-row]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.href);
});

tell();
