// The mapping page: says at once what a changed choice means, and swaps in another
// sheet, header row or kind of rows without losing the place.

import "./page.js";
import { refresh } from "./fragments.js";
import { say } from "./words.js";

const page = () => document.querySelector("[data-map]");
const selects = () => [...page().querySelectorAll(".becomes select")];
let loading;

function tell() {
  const users = new Map();
  for (const select of selects()) {
    if (!select.value) continue;
    users.set(select.value, [...(users.get(select.value) ?? []), select]);
  }
  for (const select of selects()) tellRow(select, users.get(select.value) ?? []);
  tellLeftOut();
  const creates = page().querySelector("#mode")?.value !== "update";
  for (const note of page().querySelectorAll("[data-required]")) {
    note.hidden = !creates || users.has(note.dataset.required);
  }
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
  const other = users.find((one) => one !== select);
  const note = row.querySelector("[data-twice]");
  note.hidden = !other;
  note.textContent = other ? say("column-twice", { one: other.closest("tr").dataset.header }) : "";
  if (other) select.setAttribute("aria-invalid", "true");
  else select.removeAttribute("aria-invalid");
}

async function show(url) {
  loading?.abort();
  loading = new AbortController();
  page().setAttribute("aria-busy", "true");
  try {
    await refresh(url, ["map"], loading.signal);
    history.replaceState(null, "", url);
    tell();
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

document.addEventListener("change", (event) => {
  const choices = event.target.closest("[data-map-choices]");
  if (choices) show(`?${new URLSearchParams(new FormData(choices))}`);
  else if (event.target.closest("[data-map-form]")) tell();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-header-row]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.href);
});

tell();
