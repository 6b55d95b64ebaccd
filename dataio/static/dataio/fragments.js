// Pieces of pages, rendered by the server and put into place.

const LONGEST_PRESS = 2000; // milliseconds; a release outside the window is never told
let pressed = false;
addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => (pressed = false), true);
}
// Of the window alone: a press takes the focus from a field, and that blurs the field.
addEventListener("blur", () => (pressed = false));

/** Wait until no button is pressed: a piece that is replaced meanwhile would lose the click. */
async function released() {
  const until = performance.now() + LONGEST_PRESS;
  const next = (wait) => new Promise((resolve) => setTimeout(resolve, wait));
  if (!pressed) return;
  while (pressed && performance.now() < until) await next(10);
  await next(0); // the click comes after the release
}

/** The first element of the HTML at that address. */
export async function fragment(url) {
  const response = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (!response.ok || response.redirected) throw new Error(`${url}: ${response.status}`);
  const box = document.createElement("template");
  box.innerHTML = await response.text();
  return box.content.firstElementChild;
}

/**
 * Load a page and put its elements with these ids in place of ours. The one with the
 * focus gets it back. `keep`: a selector; a field with the focus that matches it stays the
 * very field it was, with the text and the caret of whoever types in it.
 * Returns the page as it was loaded.
 */
export async function refresh(url, ids, { signal, keep } = {}) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  await released();
  signal?.throwIfAborted();
  const focused = document.activeElement;
  const kept = keep && focused?.matches(keep) ? focused : null;
  const caret = kept && [kept.selectionStart, kept.selectionEnd];
  for (const id of ids) {
    const found = page.getElementById(id);
    if (!found) continue;
    const fresh = document.importNode(found, true);
    if (kept?.id) fresh.querySelector(`#${CSS.escape(kept.id)}`)?.replaceWith(kept);
    document.getElementById(id)?.replaceWith(fresh);
  }
  if (focused?.id) document.getElementById(focused.id)?.focus({ preventScroll: true });
  if (caret?.[0] != null) kept.setSelectionRange(...caret); // null where a kind has no caret
  return page;
}
