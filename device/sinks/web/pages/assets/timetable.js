// A table of a timeline's figures, built when somebody opens it.

import { make } from "./page.js";
import { dateTime, dayOf, duration, exactTime, percent, timeOfDay } from "./numbers.js";
import { emotionWord, word } from "./words.js";

const DAY_S = 86400;

export class Timetable {
  #details;
  #table;
  #slots = [];

  constructor(details, table) {
    this.#details = details;
    this.#table = table;
    details.addEventListener("toggle", () => this.#fill());
  }

  /** Show `slots`, each a line with the share of each emotion in it. */
  show(slots) {
    this.#slots = slots;
    this.#fill();
  }

  #fill() {
    if (!this.#details.open) {
      this.#table.replaceChildren();
      return;
    }
    const names = Object.keys(this.#slots[0]?.seconds ?? {});
    const head = make("tr");
    const titles = [word("from_time"), word("somebody"), ...names.map(emotionWord)];
    head.append(...titles.map((title) => heading(title, "col")));
    const top = make("thead");
    top.append(head);
    const body = make("tbody");
    body.append(...this.#slots.map((slot) => line(slot, names, moments(this.#slots))));
    this.#table.replaceChildren(top, body);
  }
}

/** How the times of `slots` are written: days, moments, or times of one day. */
function moments(slots) {
  if (slots.length && slots[0].span_s >= DAY_S) {
    return dayOf;
  }
  const days = new Set([slots[0], slots.at(-1)].map((slot) => new Date(slot.start).toDateString()));
  return days.size > 1 ? dateTime : slots[0].span_s < 60 ? exactTime : timeOfDay;
}

function line(slot, names, moment) {
  const row = make("tr");
  const read = Object.values(slot.seconds).reduce((sum, seconds) => sum + seconds, 0);
  const shares = names.map((name) => (read ? percent(slot.seconds[name] / read) : "–"));
  const cells = [duration(slot.somebody_s), ...shares].map((text) => make("td", text));
  row.append(heading(moment(slot.start), "row"), ...cells);
  return row;
}

function heading(text, scope) {
  const cell = make("th", text);
  cell.scope = scope;
  return cell;
}
