// Numbers, times and durations as the page's language writes them.

import { language, locale } from "./words.js";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(locale, {
  style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
});
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const exact = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const monthDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const monthYear = new Intl.DateTimeFormat(locale, { month: "short", year: "numeric" });
const list = new Intl.ListFormat(locale, { type: "unit", style: "short" });

/** 0-1 as whole percents. */
export const percent = (value) => share.format(value);
/** 0-1 as percents with a decimal. */
export const finePercent = (value) => fine.format(value);
export const integer = (value) => whole.format(value);
export const decimal = (value) => tenth.format(value);
export const dateTime = (iso) => moment.format(new Date(iso));
export const timeOfDay = (iso) => clock.format(new Date(iso));
export const exactTime = (iso) => exact.format(new Date(iso));
export const dayAndMonth = (moment) => monthDay.format(new Date(moment));
export const monthAndYear = (moment) => monthYear.format(new Date(moment));
export const dayOf = (iso) => date.format(new Date(iso));
export const several = (items) => list.format(items);

/** Seconds as days, hours, minutes and seconds: the two largest that matter. */
export function duration(seconds) {
  const rest = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(rest / 86400), "day"],
    [Math.floor(rest / 3600) % 24, "hour"],
    [Math.floor(rest / 60) % 60, "minute"],
    [rest % 60, "second"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
  const written = shown.filter(([count], at) => count > 0 || at === 0).map(([count, name]) => unit(count, name));
  return written.join(" ");
}

export const bytes = (count) =>
  count < 1e6 ? unit(count / 1e3, "kilobyte", tenth) : megabytes(count / 1e6);
export const megabytes = (count) =>
  count < 1e4 ? unit(count, "megabyte", count < 100 ? tenth : whole) : unit(count / 1e3, "gigabyte", tenth);
export const degrees = (celsius) => unit(celsius, "celsius", whole);
export const milliseconds = (ms) =>
  new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(ms);

function unit(count, name, format = whole) {
  const { maximumFractionDigits } = format.resolvedOptions();
  // By the language alone: British "mins" and "secs" take more room than a phone has.
  return new Intl.NumberFormat(language, {
    style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits,
  }).format(count);
}
