// Words and numbers in the person's language. The sentences come with the page, translated.

const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const inPercent = new Intl.NumberFormat(language, { style: "percent" });

const sentences = new Map();
for (const word of document.querySelector("#dataio-words")?.content.children ?? []) {
  sentences.set(`${word.dataset.word} ${word.dataset.form ?? "other"}`, word.textContent);
}

/** The sentence of that name with its {placeholders} filled; `count` chooses the plural. */
export function say(name, values = {}, count = undefined) {
  const form = count === undefined ? "other" : plural.select(count);
  const text = sentences.get(`${name} ${form}`) ?? sentences.get(`${name} other`) ?? "";
  return text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}

export const number = (value) => whole.format(value);

/** Never 100 % before the end, so that the bar does not promise what is not there yet. */
export function percent(value, ended = false) {
  return inPercent.format(Math.min(Math.floor(value), ended ? 100 : 99) / 100);
}

/** "412,000 of 1,000,000 rows", or "" before the first row; an undo counts records. */
export function rowsDone(current, total, phase) {
  const what = phase === "undoing" ? "records" : "rows";
  if (total) {
    return say(`${what}-of`, { current: number(current), total: number(total) }, total);
  }
  return current ? say(what, { current: number(current) }, current) : "";
}

/** "61,000 rows a second": two digits, so that it can be read while it changes. */
export function rate(perSecond, phase) {
  if (!perSecond || perSecond < 1) return "";
  const what = phase === "undoing" ? "records-rate" : "rate";
  return say(what, { rate: number(perSecond.toPrecision(2)) }, Math.round(perSecond));
}

/** "about 9 seconds left"; never less than a second while there is work left. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 90) {
    const left = seconds > 20 ? Math.ceil(seconds / 5) * 5 : Math.max(1, Math.ceil(seconds));
    return say("seconds-left", { n: number(left) }, left);
  }
  if (seconds < 5400) {
    const left = Math.ceil(seconds / 60);
    return say("minutes-left", { n: number(left) }, left);
  }
  const left = Math.ceil(seconds / 3600);
  return say("hours-left", { n: number(left) }, left);
}

export function size(bytes) {
  const units = ["kilobyte", "megabyte", "gigabyte"];
  let value = bytes / 1000;
  let step = 0;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  const format = { style: "unit", unit: units[step], maximumFractionDigits: step ? 1 : 0 };
  return new Intl.NumberFormat(language, format).format(value);
}
