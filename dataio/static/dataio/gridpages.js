// The rows of a grid: fetched in pages, kept while they are near, empty until they are here.

import { getJson } from "./feed.js";

const KEPT = 40;
const PATIENCE = 60; // milliseconds that a page must be wanted: flying past fetches nothing

export class Pages {
  #pages = new Map();
  #spaces = new Map();
  #asked = new Set();
  #round = 0;

  constructor(grid, { start, rows, onRows }) {
    this.grid = grid;
    this.step = Number(grid.dataset.step);
    this.onRows = onRows;
    if (start % this.step === 0) this.#keep(start / this.step, rows);
  }

  /** The row's element, if it has been fetched. */
  row(index) {
    return this.#pages.get(Math.floor(index / this.step))?.[index % this.step];
  }

  rowOrSpace(index) {
    return this.row(index) ?? this.#space(index);
  }

  /** See that these rows come. */
  want(first, last) {
    clearTimeout(this.timer);
    const wanted = [];
    for (let page = Math.floor(first / this.step); page * this.step < last; page += 1) {
      if (!this.#pages.has(page) && !this.#asked.has(page)) wanted.push(page);
    }
    if (wanted.length) this.timer = setTimeout(() => wanted.forEach((page) => this.#fetch(page)), PATIENCE);
  }

  /** Have these rows here, fetched if need be. */
  async have(first, last) {
    const missing = [];
    for (let page = Math.floor(first / this.step); page * this.step < last; page += 1) {
      if (!this.#pages.has(page)) missing.push(this.#fetch(page));
    }
    await Promise.all(missing);
  }

  /** Forget everything, once the page that is in sight has come anew. */
  async reload(row) {
    this.#round += 1;
    let page = Math.floor(row / this.step);
    let fresh = await this.#get(page);
    if (page && page * this.step >= fresh.total) {
      page = Math.max(0, Math.ceil(fresh.total / this.step) - 1);
      fresh = await this.#get(page);
    }
    this.#pages.clear();
    this.#spaces.clear();
    this.#asked.clear();
    this.#take(page, fresh);
  }

  async #fetch(page) {
    const round = this.#round;
    this.#asked.add(page);
    try {
      const fresh = await this.#get(page);
      if (round === this.#round) this.#take(page, fresh);
    } catch {
      // Asked for again with the next look at these rows.
    } finally {
      this.#asked.delete(page);
    }
  }

  #get(page) {
    const url = new URL(this.grid.dataset.url, location.href);
    url.searchParams.set("start", page * this.step);
    return getJson(url);
  }

  #take(page, fresh) {
    const box = document.createElement("template");
    box.innerHTML = `<table><tbody>${fresh.html}</tbody></table>`;
    this.#keep(page, [...document.importNode(box.content, true).querySelectorAll("tr")]);
    if (fresh.total !== this.grid.total) this.grid.resize(fresh.total);
    this.onRows();
  }

  #keep(page, rows) {
    rows.forEach((row, place) => prepare(row, page * this.step + place));
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    for (const old of [...this.#pages.keys()].slice(0, -KEPT)) this.#pages.delete(old);
  }

  #space(index) {
    if (this.#spaces.size > 500) this.#spaces.clear();
    if (!this.#spaces.has(index)) {
      const row = document.createElement("tr");
      row.className = "coming";
      row.append(document.createElement("th"));
      row.firstChild.scope = "row";
      row.firstChild.className = "row";
      for (let count = 1; count < this.grid.width; count += 1) row.append(document.createElement("td"));
      prepare(row, index);
      this.#spaces.set(index, row);
    }
    return this.#spaces.get(index);
  }
}

function prepare(row, index) {
  row.dataset.index = index;
  row.setAttribute("aria-rowindex", index + 2); // the header is the first
  for (const cell of row.cells) cell.tabIndex = -1;
}
