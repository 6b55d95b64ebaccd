// What a cell does not show by itself: its problem's sentence, and a text that is cut.

import { textOf } from "./gridblock.js";

export class CellNote {
  #cell;

  constructor(grid) {
    this.box = document.createElement("div");
    this.box.className = "grid-note";
    this.box.popover = "manual";
    // Screen readers have the sentence from the cell's description.
    this.box.setAttribute("aria-hidden", "true");
    grid.append(this.box);
    grid.scroller.addEventListener("scroll", () => this.#place(), { passive: true });
    addEventListener("scroll", () => this.#place(), { passive: true });
    grid.body.addEventListener("pointerover", (event) => {
      const cell = event.target.closest("td.problem");
      if (cell && !grid.body.contains(document.activeElement)) this.show(cell);
      else if (!grid.body.contains(document.activeElement)) this.hide();
    });
    grid.body.addEventListener("pointerleave", () => grid.body.contains(document.activeElement) || this.hide());
  }

  show(cell) {
    const problem = cell.getAttribute("aria-description");
    const isCut = cell.scrollWidth > cell.clientWidth + 1 || textOf(cell).includes("\n");
    if (!problem && !isCut) return this.hide();
    this.#cell = cell;
    this.box.replaceChildren();
    if (problem) this.#add("p", problem);
    if (isCut) {
      const old = cell.querySelector("del");
      if (old) this.#add("del", old.textContent);
      this.#add("pre", textOf(cell));
    }
    this.box.classList.toggle("bad", Boolean(problem));
    this.box.showPopover();
    this.#place();
  }

  hide() {
    this.#cell = undefined;
    if (this.box.isConnected) this.box.hidePopover();
  }

  #add(tag, text) {
    this.box.append(Object.assign(document.createElement(tag), { textContent: text }));
  }

  #place() {
    if (!this.#cell) return;
    if (!this.#cell.isConnected) return this.hide();
    const cell = this.#cell.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.box;
    const below = cell.bottom + 4;
    const top = below + offsetHeight > innerHeight ? cell.top - offsetHeight - 4 : below;
    this.box.style.insetBlockStart = `${top}px`;
    this.box.style.insetInlineStart = "auto";
    this.box.style.left = `${Math.max(8, Math.min(cell.left, innerWidth - offsetWidth - 8))}px`;
  }
}
