// The history page: earlier days, by minute, hour or day.

import { summed, total } from "./columns.js";
import { asDate, asMoment, midnight } from "./dates.js";
import { Profile, showTiles } from "./figures.js";
import { dayOf } from "./numbers.js";
import { attempt, begin, byId, notify, write } from "./page.js";
import { ask } from "./server.js";
import { Timeline } from "./timeline.js";
import { Timetable } from "./timetable.js";
import { word } from "./words.js";

const DAY_MS = 86_400_000;
// As the device does: longer ones would be large answers for it.
const MOST_DAYS = { minute: 3, hour: 100, day: 3660 };
const NEGATIVE = ["angry", "disgust", "fear", "sad"];

begin();
const form = byId("choice");
const profile = new Profile();
const plot = new Timeline(byId("timeline"));
const timetable = new Timetable(byId("timeline-details"), byId("timeline-table"));
// What somebody chose. Where the days are too many for it they are shown by more, until they fit.
let wanted = "hour";
let looks = 0;

choose(7, "hour");
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => look(target.name === "by" ? shorten() : coarsen()));
for (const preset of form.querySelectorAll("[data-days]")) {
  preset.addEventListener("click", () => {
    choose(Number(preset.dataset.days), preset.dataset.by);
    look("");
  });
}
look("");

/** Fill in the last `days` days, today among them. */
function choose(days, by) {
  const today = new Date();
  form.elements.to.value = asDate(today);
  today.setDate(today.getDate() - days + 1);
  form.elements.from.value = asDate(today);
  form.elements.by.value = wanted = by;
}

/** After another part was chosen: bring the first day nearer where they are too many. */
function shorten() {
  const by = (wanted = form.elements.by.value);
  const most = MOST_DAYS[by];
  if (!(days() > most)) {
    return "";
  }
  form.elements.from.value = asDate(midnight(form.elements.to.value, 1 - most));
  return word(`shortened_${by}`, { days: most });
}

/** After other days were chosen: show them by what was wanted, or by more where they are many. */
function coarsen() {
  const all = Object.keys(MOST_DAYS);
  const from = all.slice(all.indexOf(wanted));
  const by = from.find((each) => !(days() > MOST_DAYS[each])) ?? "day";
  form.elements.by.value = by;
  if (days() > MOST_DAYS[by]) {
    return word("latest_days", { days: MOST_DAYS[by] });
  }
  const finer = all[all.indexOf(by) - 1];
  return by === wanted ? "" : word(`coarser_${by}`, { days: MOST_DAYS[finer] });
}

/** Return how many days are chosen; NaN where one is missing. */
function days() {
  const { from, to } = form.elements;
  return Math.round((midnight(to.value, 1) - midnight(from.value)) / DAY_MS);
}

/** Show what is chosen, or nothing. adjusted: words on what was made to fit, or "". */
async function look(adjusted) {
  const mine = (looks += 1);
  const by = form.elements.by.value;
  const start = midnight(form.elements.from.value);
  const end = midnight(form.elements.to.value, 1);
  const wrong = Number.isNaN(days()) ? word("no_period") : days() < 1 ? word("wrong_period") : "";
  write(byId("adjusted"), wrong ? "" : adjusted);
  notify(wrong);
  const shown = !wrong && (await attempt(() => load(mine, by, start, end)));
  if (!shown && mine === looks) {
    byId("past").hidden = byId("nothing").hidden = true;
  }
}

async function load(mine, by, start, end) {
  const query = new URLSearchParams({ by, start: asMoment(start), end: asMoment(end) });
  const answer = await ask(`/api/history?${query}`);
  if (mine !== looks) {
    await new Promise(() => {}); // something else was chosen meanwhile
  }
  const slots = answer.slots.filter((slot) => slot.watched_s > 0);
  const some = slots.length > 0;
  byId("nothing").hidden = some;
  byId("past").hidden = !some;
  // The device may have begun later than it was asked to.
  const period = { start: new Date(Math.max(start, new Date(answer.start))), end };
  const words = some ? shownWords(period) : word("nothing_kept");
  write(byId("said"), [byId("adjusted").textContent, words].filter(Boolean).join(" "));
  if (some) {
    showSlots(slots, period);
    byId("svg").href = `/api/history.svg?${query}`;
  }
}

function showSlots(slots, period) {
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
  plot.show(slots, period);
  timetable.show(slots);
}

function shownWords({ start, end }) {
  const last = new Date(end - 1);
  return word("period_shown", { from: dayOf(start), to: dayOf(last) });
}
