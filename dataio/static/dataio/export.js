// The export page: columns are found, chosen and put in order; the count, the first rows
// and the button follow what is chosen.

import "./page.js";
import { refresh } from "./fragments.js";
import { number, say } from "./words.js";

const WAIT = 250;

const form = document.querySelector("[data-export]");
const list = form.querySelector("[data-columns]");
const search = form.querySelector("[data-search]");
const said = form.querySelector("[data-said]");
const boxes = () => [...list.querySelectorAll("input[type=checkbox]")];
const items = () => [...list.children];

let timer;
let loading;

/** Ask the server what the file would hold now. */
function ask() {
  tellChosen();
  clearTimeout(timer);
  timer = setTimeout(async () => {
    loading?.abort();
    loading = new AbortController();
    const query = new URLSearchParams(new FormData(form));
    query.delete("csrfmiddlewaretoken");
    const url = `${form.action}?${query}`;
    try {
      await refresh(url, ["export-says", "export-start", "export-preview"], loading.signal);
      history.replaceState(null, "", url);
    } catch {
      // The newer question answers, or the person presses the button and the server says why.
    }
  }, WAIT);
}

function tellChosen() {
  const chosen = boxes().filter((box) => box.checked).length;
  const values = { chosen: number(chosen), total: number(boxes().length) };
  form.querySelector("[data-chosen-count]").textContent = say("chosen-of", values);
}

/** Move a column by one place among those that are shown. */
function move(item, way) {
  const shown = items().filter((one) => !one.hidden);
  const other = shown[shown.indexOf(item) + (way === "up" ? -1 : 1)];
  if (!other) return;
  const focused = document.activeElement;
  if (way === "up") other.before(item);
  else other.after(item);
  if (item.contains(focused)) focused.focus();
  tellPlace(item);
  ask();
}

function tellPlace(item) {
  const name = item.querySelector("label").textContent.trim();
  const values = { name, place: items().indexOf(item) + 1, total: items().length };
  said.textContent = say("moved", values);
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  event.preventDefault();
  move(button.closest("li"), button.dataset.move);
});

// Alt and an arrow move the column that has the focus.
list.addEventListener("keydown", (event) => {
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!event.altKey || !way) return;
  event.preventDefault();
  move(event.target.closest("li"), way);
});

// Dragging by pointer events: one way for mouse, pen and finger.
let dragged;

function targetAt(y) {
  return items().find((one) => {
    const box = one.getBoundingClientRect();
    return !one.hidden && one !== dragged && y >= box.top && y < box.bottom;
  });
}

function mark(item, side) {
  for (const one of items()) delete one.dataset.target;
  if (item) item.dataset.target = side;
}

list.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button) return;
  event.preventDefault();
  dragged = grip.closest("li");
  dragged.dataset.dragged = "true";
  list.setPointerCapture(event.pointerId);
});

list.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const frame = list.getBoundingClientRect();
  if (event.clientY < frame.top + 40) list.scrollBy(0, -12);
  if (event.clientY > frame.bottom - 40) list.scrollBy(0, 12);
  const over = targetAt(event.clientY);
  const box = over?.getBoundingClientRect();
  mark(over, box && event.clientY < box.top + box.height / 2 ? "before" : "after");
});

function drop(keeps) {
  if (!dragged) return;
  const target = items().find((one) => one.dataset.target);
  if (target && keeps) {
    target[target.dataset.target](dragged);
    tellPlace(dragged);
    ask();
  }
  mark();
  delete dragged.dataset.dragged;
  dragged = undefined;
}

list.addEventListener("pointerup", () => drop(true));
list.addEventListener("pointercancel", () => drop(false));
addEventListener("keydown", (event) => event.key === "Escape" && drop(false));

search.addEventListener("input", (event) => {
  event.stopPropagation();
  const wanted = search.value.trim().toLocaleLowerCase();
  for (const item of items()) {
    item.hidden = !item.textContent.toLocaleLowerCase().includes(wanted);
  }
});
search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());

form.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choose]")?.dataset.choose;
  if (!choice) return;
  for (const box of boxes()) {
    if (!box.closest("li").hidden) box.checked = choice === "all";
  }
  ask();
});

form.addEventListener("input", (event) => event.target === search || ask());
tellChosen();
