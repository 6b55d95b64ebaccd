// Typing into one cell: Enter and Tab keep it and go on, Esc leaves the cell as it was.

export class CellEditor {
  constructor(cell, { text, label, onEnd }) {
    this.cell = cell;
    this.onEnd = onEnd;
    this.before = [...cell.childNodes];
    // A text area, since a one-line field would drop line breaks without a word.
    this.field = document.createElement("textarea");
    this.field.rows = 1;
    this.field.className = "typing";
    this.field.setAttribute("aria-label", label);
    if (cell.hasAttribute("aria-description")) {
      this.field.setAttribute("aria-description", cell.getAttribute("aria-description"));
    }
    this.field.value = text;
    cell.replaceChildren(this.field);
    this.field.focus();
    this.field.setSelectionRange(text.length, text.length);
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("blur", () => this.end(this.field.value));
  }

  /** Stop; undefined keeps what the cell held. `move`: rows down and columns to the right. */
  end(value, move = undefined) {
    if (this.ended) return;
    this.ended = true;
    this.cell.replaceChildren(...this.before);
    this.onEnd(value, move);
  }

  #key(event) {
    event.stopPropagation();
    const back = event.shiftKey ? -1 : 1;
    if (event.isComposing) return;
    if (event.key === "Escape") this.end(undefined, [0, 0]);
    else if (event.key === "Enter" && event.altKey) return this.field.setRangeText("\n", this.field.selectionStart, this.field.selectionEnd, "end");
    else if (event.key === "Enter") this.end(this.field.value, [back, 0]);
    else if (event.key === "Tab") this.end(this.field.value, [0, back]);
    else return;
    event.preventDefault();
  }
}
