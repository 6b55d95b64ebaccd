// The tab's title and icon show how far the job is, for those who look at another tab.

import { percent } from "./words.js";

const MARKS = { done: "✓", failed: "✕", cancelled: "–" };
const COLOURS = { done: "#1f8a5b", failed: "#c8372d", cancelled: "#7b8194" };
const ACCENT = "#3d63dd";

export function watchTab(bar) {
  const title = document.title;
  const icon = document.querySelector("link[rel=icon]");
  let shown = "";
  const update = () => {
    const sign = MARKS[bar.state] ?? percent(bar.percent);
    if (sign === shown) return;
    shown = sign;
    document.title = `${sign} ${title}`;
    if (icon) icon.href = picture(bar);
  };
  bar.addEventListener("dataio-progress-move", update);
  update();
}

function picture(bar) {
  const colour = COLOURS[bar.state] ?? ACCENT;
  const middle = MARKS[bar.state]
    ? `<circle cx="16" cy="16" r="14" fill="${colour}"/><text x="16" y="22.5" font-size="18"
        font-family="sans-serif" font-weight="700" text-anchor="middle" fill="#fff">${MARKS[bar.state]}</text>`
    : `<circle cx="16" cy="16" r="12" fill="none" stroke="#b9c0d4" stroke-width="6"/>
       <circle cx="16" cy="16" r="12" fill="none" stroke="${colour}" stroke-width="6" pathLength="100"
        stroke-dasharray="${bar.percent} 100" transform="rotate(-90 16 16)"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${middle}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
