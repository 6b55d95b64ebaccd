// Where somebody is in a grid: keys as in a spreadsheet, a block of cells, typing into one.

import { asText, blockOf, isSelection, rowsOf, spread, textOf } from "./gridblock.js";
import { CellEditor } from "./gridedit.js";
import { CellNote } from "./gridnote.js";

const MOVES = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export class Cursor {
  row = 0;
  column = 1;
  end = null; // the other corner of a chosen block
  editing = null;
  #leaves = false;

  constructor(grid) {
    this.grid = grid;
    this.note = new CellNote(grid);
    const { body, table } = grid;
    table.tabIndex = -1; // holds the focus while the cell that had it is scrolled away
    table.addEventListener("focusin", (event) => this.#arrive(event));
    table.addEventListener("focusout", () => this.note.hide());
    table.addEventListener("keydown", (event) => this.#key(event));
    table.addEventListener("copy", (event) => this.#copy(event));
    table.addEventListener("paste", (event) => this.#paste(event));
    body.addEventListener("dblclick", (event) => event.target.closest("td") && this.edit());
    body.addEventListener("pointerdown", (event) => this.#press(event));
    this.drawn();
  }

  get cell() {
    return this.grid.cell(this.row, this.column);
  }

  /** Go to a cell; `extend` keeps the other corner, so that a block is chosen. */
  go(row, column, { extend = false } = {}) {
    if (extend) this.end ??= [this.row, this.column];
    else this.end = null;
    this.row = Math.max(0, Math.min(this.grid.total - 1, row));
    this.column = Math.max(0, Math.min(this.grid.width - 1, column));
    this.grid.show(this.row);
    this.drawn({ held: true });
    this.#showColumn();
  }

  /** Whether the focus is in the grid. */
  get holds() {
    return this.grid.table.contains(document.activeElement);
  }

  /** The rows in the page have changed: the one tab stop, the block and the focus follow. */
  drawn({ held = false } = {}) {
    for (const old of this.grid.body.querySelectorAll("[tabindex='0']")) old.tabIndex = -1;
    this.row = Math.max(0, Math.min(this.grid.total - 1, this.row));
    const cell = this.cell;
    const stop = cell ?? this.grid.body.rows[0]?.cells[this.column];
    if (stop) stop.tabIndex = 0;
    this.#markBlock();
    if (held && !this.editing) (cell ?? this.grid.table).focus({ preventScroll: true });
  }

  /** Begin to type into the cell; `text` replaces what it holds. */
  edit(text = undefined) {
    const { cell } = this;
    if (this.editing || !cell || !("editable" in cell.dataset)) return;
    this.end = null;
    this.editing = new CellEditor(cell, {
      text: text ?? textOf(cell),
      label: `${this.grid.label(this.column)}, ${this.grid.label(0)} ${cell.parentElement.cells[0].textContent}`,
      onEnd: (value, move) => this.#typed(cell, value, move),
    });
  }

  #typed(cell, value, move) {
    this.editing = null;
    if (value !== undefined && value !== textOf(cell)) this.#change([[cell, value]]);
    if (move) this.go(this.row + move[0], this.column + move[1]);
    this.grid.typed();
  }

  #change(pairs) {
    const edits = [];
    for (const [cell, value] of pairs) {
      if (!cell || !("editable" in cell.dataset) || textOf(cell) === value) continue;
      edits.push({ row: Number(cell.parentElement.dataset.row), column: cell.dataset.column, value });
      cell.dataset.value = value;
      cell.textContent = value.replaceAll("\n", "↵");
      cell.classList.toggle("blank", value === "");
      cell.classList.add("waiting");
    }
    if (!edits.length) return;
    this.grid.dispatchEvent(new CustomEvent("dataio-grid-edit", { bubbles: true, detail: edits }));
  }

  #key(event) {
    if (this.editing) return;
    const control = event.ctrlKey || event.metaKey;
    const move = MOVES[event.key];
    if (move && event.altKey && event.shiftKey) this.grid.widen(this.column, move[1]);
    else if (event.altKey) return;
    else if (move) this.#step(move, control, event.shiftKey);
    else if (event.key === "Tab") return this.#tab(event);
    else if (!this.#jump(event, control) && !this.#type(event, control)) return;
    event.preventDefault();
  }

  #step([down, right], control, extend) {
    const far = control ? Infinity : 1;
    const to = (from, by) => (by ? from + by * far : from);
    this.go(to(this.row, down), to(this.column, right), { extend });
  }

  #jump({ key, shiftKey: extend }, control) {
    const page = this.grid.inSight;
    if (key === "Home") this.go(control ? 0 : this.row, 0, { extend });
    else if (key === "End") this.go(control ? Infinity : this.row, Infinity, { extend });
    else if (key === "PageDown") this.go(this.row + page, this.column, { extend });
    else if (key === "PageUp") this.go(this.row - page, this.column, { extend });
    else return false;
    return true;
  }

  #type({ key }, control) {
    if (control) return false;
    if (key === "Escape") this.#letGo();
    else if (!this.grid.editable) return false;
    else if (key === "Enter" || key === "F2") this.edit();
    else if (key === "Delete" || key === "Backspace") this.#change(this.#block().flat().map((cell) => [cell, ""]));
    else if (key.length === 1) this.edit(key);
    else return false;
    return true;
  }

  #letGo() {
    this.end = null;
    this.#leaves = true;
    this.note.hide();
    this.#markBlock();
  }

  /** From problem to problem; Esc, or the last problem, lets Tab leave the grid. */
  #tab(event) {
    if (!this.grid.editable || this.#leaves) return;
    const bad = [...this.grid.body.querySelectorAll("td.problem")];
    if (event.shiftKey) bad.reverse();
    const side = event.shiftKey ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
    const next = bad.find((cell) => this.cell && this.cell.compareDocumentPosition(cell) & side);
    if (!next) return;
    event.preventDefault();
    this.go(Number(next.parentElement.dataset.index), next.cellIndex);
  }

  #arrive(event) {
    const cell = event.target.closest("th, td");
    if (event.target !== cell) return;
    this.row = Number(cell.parentElement.dataset.index);
    this.column = cell.cellIndex;
    this.#leaves = false;
    this.drawn();
    this.note.show(cell);
  }

  #press(event) {
    const cell = event.target.closest("th, td");
    if (!cell || this.editing || event.button) return;
    const place = [Number(cell.parentElement.dataset.index), cell.cellIndex];
    if (event.shiftKey) event.preventDefault();
    this.go(...place, { extend: event.shiftKey });
  }

  /** The chosen cells, row by row; one cell when no block is chosen. */
  #block() {
    return blockOf(this.grid, [this.row, this.column], this.end ?? [this.row, this.column]);
  }

  #markBlock() {
    for (const cell of this.grid.body.querySelectorAll("[aria-selected]")) cell.removeAttribute("aria-selected");
    if (this.end) for (const cell of this.#block().flat()) cell?.setAttribute("aria-selected", "true");
  }

  #copy(event) {
    if (this.editing || isSelection()) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", asText(this.#block()));
  }

  async #paste(event) {
    if (this.editing || !this.grid.editable) return;
    event.preventDefault();
    const pasted = event.clipboardData.getData("text/plain");
    const { row, column } = this;
    const lines = spread(rowsOf(pasted), this.#block());
    await this.grid.pages.have(row, Math.min(this.grid.total, row + lines.length));
    const top = Math.min(row, this.end?.[0] ?? row);
    const left = Math.min(column, this.end?.[1] ?? column);
    this.#change(
      lines.flatMap((cells, down) =>
        cells.map((text, right) => [this.grid.pages.row(top + down)?.cells[left + right], text]),
      ),
    );
  }

  #showColumn() {
    const { cell } = this;
    if (!cell || this.column === 0) return;
    const { scroller, table } = this.grid;
    const box = scroller.getBoundingClientRect();
    const side = table.tHead.rows[0].cells[0].getBoundingClientRect().width;
    const place = cell.getBoundingClientRect();
    if (place.left < box.left + side) scroller.scrollLeft -= box.left + side - place.left;
    else if (place.right > box.right) scroller.scrollLeft += Math.min(place.right - box.right, place.left - box.left - side);
    this.note.show(cell);
  }
}
