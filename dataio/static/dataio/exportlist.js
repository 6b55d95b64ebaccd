// The list of columns: found by name, chosen all at once, put in order by mouse, finger or keys.

import { number, say } from "./words.js";

export function watchList(form, changed) {
  const list = () => form.querySelector("[data-columns]");
  const boxes = () => [...list().querySelectorAll("input[name=export-columns]")];
  const items = () => [...list().children];
  const tell = (text) => (form.querySelector("[data-said]").textContent = text);
  let dragged;

  function tellChosen() {
    const chosen = boxes().filter((box) => box.checked).length;
    const values = { chosen: number(chosen), total: number(boxes().length) };
    form.querySelector("[data-chosen-count]").textContent = say("chosen-of", values);
  }

  function tellPlace(item) {
    const name = item.querySelector("label").textContent.trim();
    const place = items().indexOf(item) + 1;
    tell(say("moved", { name, place, total: items().length }));
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
    changed();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    const choice = event.target.closest("[data-choose]")?.dataset.choose;
    if (button) {
      event.preventDefault();
      move(button.closest("li"), button.dataset.move);
    } else if (choice) {
      for (const box of boxes()) {
        if (!box.closest("li").hidden) box.checked = choice === "all";
      }
      tellChosen();
      changed();
    }
  });

  // Alt and an arrow move the column that has the focus.
  form.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const item = event.target.closest("[data-columns] > li");
    if (!event.altKey || !way || !item) return;
    event.preventDefault();
    move(item, way);
  });

  // Dragging by pointer events: one way for mouse, pen and finger.
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

  form.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    dragged = grip.closest("li");
    dragged.dataset.dragged = "true";
    list().setPointerCapture(event.pointerId);
  });

  form.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const frame = list().getBoundingClientRect();
    if (event.clientY < frame.top + 40) list().scrollBy(0, -12);
    if (event.clientY > frame.bottom - 40) list().scrollBy(0, 12);
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
      changed();
    }
    mark();
    delete dragged.dataset.dragged;
    dragged = undefined;
  }

  form.addEventListener("pointerup", () => drop(true));
  form.addEventListener("pointercancel", () => drop(false));
  addEventListener("keydown", (event) => event.key === "Escape" && drop(false));

  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-search]")) {
      const text = event.target.value.trim().toLocaleLowerCase();
      for (const item of items()) {
        item.hidden = !item.textContent.toLocaleLowerCase().includes(text);
      }
    } else if (event.target.name === "export-columns") {
      tellChosen();
    }
  });

  form.addEventListener("fresh", tellChosen);
  tellChosen();
}
