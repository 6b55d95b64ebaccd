// <dataio-grid>: a table of any length. The server renders its first rows; the rest comes
// page by page while it is scrolled, and only what is in sight is in the page.

import { Cursor } from "./gridcursor.js";
import { Pages } from "./gridpages.js";
import { makeResizable } from "./gridwidths.js";

// Browsers stop laying out at some 17 to 33 million pixels; beyond this, scrolling is scaled.
const TALLEST = 8_000_000;
const SPARE = 8;

export class Grid extends HTMLElement {
  #planned = false;
  #stale = false;

  connectedCallback() {
    if (this.pages) return;
    this.scroller = this.querySelector("[data-scroller]");
    this.sizer = this.querySelector("[data-sizer]");
    this.table = this.querySelector("table");
    this.body = this.table.tBodies[0];
    this.total = Number(this.dataset.total);
    const start = Number(this.dataset.start);
    const rows = [...this.body.rows];
    this.width = rows[0].cells.length;
    this.#measure(rows[0]);
    this.pages = new Pages(this, { start, rows, onRows: () => this.draw() });
    this.scroller.removeAttribute("tabindex");
    this.scroller.removeAttribute("role");
    this.table.setAttribute("role", "grid");
    this.table.setAttribute("aria-colcount", this.width);
    makeResizable(this); // as wide as the server's table is
    this.dataset.live = "yes";
    this.#count(this.total);
    this.scroller.addEventListener("scroll", () => this.#plan(), { passive: true });
    new ResizeObserver(() => this.#plan()).observe(this.scroller);
    this.draw();
    this.cursor = new Cursor(this);
    if (start) this.show(start);
  }

  /** Whether cells can be changed; each change is told by a dataio-grid-edit event. */
  get editable() {
    return this.hasAttribute("data-edits");
  }

  /** How many whole rows are in sight. */
  get inSight() {
    return Math.max(1, Math.floor(this.#view / this.rowHeight));
  }

  label(column) {
    return this.table.tHead.rows[0].cells[column].textContent.trim();
  }

  /** The cell there, if its row is in the page. */
  cell(row, column) {
    const found = this.pages.rowOrSpace(row);
    return found.isConnected ? found.cells[column] : undefined;
  }

  /** Scroll so that the row is in sight. */
  show(row) {
    const top = row * this.rowHeight;
    const seen = this.scroller.scrollTop * this.#scale;
    let wanted = seen;
    if (top < seen) wanted = top;
    else if (top + this.rowHeight > seen + this.#view) wanted = top + this.rowHeight - this.#view;
    if (wanted === seen) return;
    this.scroller.scrollTop = wanted / this.#scale;
    this.draw();
  }

  /** Fetch the rows again, since they have changed; later while somebody is typing. */
  async reload() {
    this.#stale = Boolean(this.cursor.editing);
    if (this.#stale) return;
    await this.pages.reload(this.#first());
  }

  /** Told by the cursor that nobody is typing any more. */
  typed() {
    if (this.#stale) this.reload();
  }

  /** There are so many rows now. */
  resize(total) {
    this.#count(total);
    this.dispatchEvent(new CustomEvent("dataio-grid-total", { bubbles: true, detail: total }));
  }

  /** Put the rows in sight into the page; rows that stay are not touched, so focus stays too. */
  draw() {
    const first = Math.max(0, this.#first() - SPARE);
    const count = Math.ceil(this.#view / this.rowHeight) + 1 + 2 * SPARE;
    const last = Math.min(this.total, first + count);
    const wanted = [];
    for (let row = first; row < last; row += 1) wanted.push(this.pages.rowOrSpace(row));
    const held = this.cursor?.holds;
    const kept = new Set(wanted);
    for (const row of [...this.body.rows]) if (!kept.has(row)) row.remove();
    let at = this.body.firstElementChild;
    for (const row of wanted) {
      if (row === at) at = at.nextElementSibling;
      else this.body.insertBefore(row, at);
    }
    const { scrollTop } = this.scroller;
    this.table.style.marginBlockStart = `${scrollTop + first * this.rowHeight - scrollTop * this.#scale}px`;
    this.pages.want(first, last);
    this.cursor?.drawn({ held });
  }

  get #view() {
    return this.scroller.clientHeight - this.headHeight;
  }

  /** Pixels of rows for one pixel of scrolling: 1 unless there are too many rows. */
  get #scale() {
    const full = this.total * this.rowHeight;
    const room = Math.min(full, TALLEST) - this.#view;
    return room > 0 ? (full - this.#view) / room : 1;
  }

  #first() {
    return Math.floor((this.scroller.scrollTop * this.#scale) / this.rowHeight);
  }

  #measure(row) {
    this.rowHeight = row.getBoundingClientRect().height || 33;
    this.headHeight = this.table.tHead.getBoundingClientRect().height;
  }

  #count(total) {
    this.total = total;
    this.table.setAttribute("aria-rowcount", total + 1);
    const height = Math.min(total * this.rowHeight, TALLEST) + this.headHeight;
    this.sizer.style.blockSize = `${height}px`;
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      if (this.isConnected) this.draw();
    });
  }
}

customElements.define("dataio-grid", Grid);
