// The history page: earlier days, by minute, hour or day.

import { summed, total } from "./columns.js";
import { Profile, showTiles } from "./figures.js";
import { dayOf } from "./numbers.js";
import { attempt, begin, byId, notify, write } from "./page.js";
import { ask } from "./server.js";
import { Timeline } from "./timeline.js";
import { Timetable } from "./timetable.js";
import { word } from "./words.js";

const DAY_MS = 86_400_000;
// More columns than this nobody can tell apart.
const MOST_DAYS = { minute: 2, hour: 62, day: Infinity };
const NEGATIVE = ["angry", "disgust", "fear", "sad"];

begin();
const form = byId("choice");
const profile = new Profile();
const plot = new Timeline(byId("timeline"));
const timetable = new Timetable(byId("timeline-details"), byId("timeline-table"));

choose(7, "hour");
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", look);
for (const preset of form.querySelectorAll("[data-days]")) {
  preset.addEventListener("click", () => {
    choose(Number(preset.dataset.days), preset.dataset.by);
    look();
  });
}
look();

/** Fill in the last `days` days, today among them. */
function choose(days, by) {
  const today = new Date();
  form.elements.to.value = asDate(today);
  today.setDate(today.getDate() - days + 1);
  form.elements.from.value = asDate(today);
  form.elements.by.value = by;
}

async function look() {
  const by = form.elements.by.value;
  const start = midnight(form.elements.from.value);
  const end = midnight(form.elements.to.value, 1);
  const wrong = whatIsWrong(by, start, end);
  notify(wrong);
  if (!wrong) {
    await attempt(() => load(by, start, end));
  }
}

function whatIsWrong(by, start, end) {
  if (Number.isNaN(start.valueOf()) || Number.isNaN(end.valueOf())) {
    return word("no_period");
  }
  if (end <= start) {
    return word("wrong_period");
  }
  const days = Math.round((end - start) / DAY_MS);
  return days > MOST_DAYS[by] ? word(`too_many_${by}s`, { days: MOST_DAYS[by] }) : "";
}

async function load(by, start, end) {
  const query = new URLSearchParams({ by, start: start.toISOString(), end: end.toISOString() });
  const { slots } = await ask(`/api/history?${query}`);
  const some = slots.some((slot) => slot.watched_s > 0);
  byId("nothing").hidden = some;
  byId("past").hidden = !some;
  write(byId("said"), some ? shownWords(start, end) : word("nothing_kept"));
  if (some) {
    showSlots(slots.filter((slot) => slot.watched_s > 0));
    byId("svg").href = `/api/history.svg?${query}`;
  }
}

function showSlots(slots) {
  const sum = (of) => slots.reduce((all, slot) => all + of(slot), 0);
  const seconds = summed(slots);
  const read = total(seconds);
  const sure = read - (seconds.uncertain ?? 0);
  const negative = NEGATIVE.reduce((all, name) => all + (seconds[name] ?? 0), 0);
  showTiles({
    somebody_s: sum((slot) => slot.somebody_s),
    watched_s: sum((slot) => slot.watched_s),
    negative_share: sure ? negative / sure : 0,
    changes_per_h: read ? (3600 * sum((slot) => slot.changes)) / read : 0,
  });
  profile.show(seconds);
  plot.show(slots);
  timetable.show(slots);
}

function shownWords(start, end) {
  const last = new Date(end - 1);
  return word("period_shown", { from: dayOf(start), to: dayOf(last) });
}

/** Return the beginning of the day that `text` (2026-11-22) names here, or of one after it. */
function midnight(text, later = 0) {
  const [year, month, day] = text.split("-").map(Number);
  return new Date(year, month - 1, day + later);
}

function asDate(day) {
  const parts = [day.getFullYear(), day.getMonth() + 1, day.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}
