// Blocks of cells, and the text that spreadsheets put on the clipboard for them.

/** The whole text of a cell, with its spaces and line breaks. */
export function textOf(cell) {
  if (!cell) return "";
  if (cell.dataset.value !== undefined) return cell.dataset.value;
  return (cell.querySelector("ins") ?? cell).textContent.trim();
}

/** The cells between two corners, row by row; rows that are not in the page are left out. */
export function blockOf(grid, [row, column], [otherRow, otherColumn]) {
  const rows = [];
  const [left, right] = [Math.min(column, otherColumn), Math.max(column, otherColumn)];
  for (let at = Math.min(row, otherRow); at <= Math.max(row, otherRow); at += 1) {
    const found = grid.pages.row(at);
    if (found) rows.push([...found.cells].slice(left, right + 1));
  }
  return rows;
}

export function asText(block) {
  return block.map((cells) => cells.map((cell) => quoted(textOf(cell))).join("\t")).join("\n");
}

/** Rows of texts from a clipboard: tabs, line breaks, and quotes around what holds these. */
export function rowsOf(text) {
  const rows = [[]];
  const piece = /(?:"((?:[^"]|"")*)"(?=\t|\r?\n|$)|([^\t\r\n]*))(\t|\r?\n|$)/gy;
  let found;
  while (piece.lastIndex < text.length && (found = piece.exec(text))) {
    rows.at(-1).push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] !== "\t" && piece.lastIndex < text.length) rows.push([]);
  }
  return rows;
}

/** One copied cell fills the whole chosen block; anything else keeps its shape. */
export function spread(rows, block) {
  const isOne = rows.length === 1 && rows[0].length === 1;
  return isOne ? block.map((cells) => cells.map(() => rows[0][0])) : rows;
}

/** Whether a part of a text is selected, which is what should be copied. */
export const isSelection = () => !document.getSelection().isCollapsed;

const quoted = (text) => (/[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
