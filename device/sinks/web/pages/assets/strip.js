// The last minutes of a session: a column for each part of its timeline.

import { byId, make, write } from "./page.js";
import { duration, percent, several } from "./numbers.js";
import { colourOf, emotionWord, word } from "./words.js";

const SHOWN_S = 300;

/** Show the end of `timeline`, as a session's summary has it. */
export function showStrip(timeline) {
  const slots = lastOf(timeline);
  const columns = slots.map(column);
  byId("strip").replaceChildren(...columns);
  byId("strip").setAttribute("aria-label", inWords(slots));
  const spanS = slots.reduce((sum, slot) => sum + slot.span_s, 0);
  write(byId("strip-from"), slots.length ? word("ago", { duration: duration(spanS) }) : "");
}

function lastOf(timeline) {
  const span = timeline.at(-1)?.span_s ?? 1;
  return timeline.slice(-Math.max(1, Math.ceil(SHOWN_S / span)));
}

function column(slot) {
  const place = make("span");
  const readS = total(slot);
  const height = slot.watched_s ? slot.somebody_s / slot.watched_s : 0;
  for (const [name, seconds] of Object.entries(slot.seconds)) {
    if (seconds > 0) {
      const part = make("i");
      part.style.height = `${(100 * height * seconds) / readS}%`;
      part.style.backgroundColor = colourOf(name);
      place.append(part);
    }
  }
  return place;
}

function inWords(slots) {
  const sums = {};
  for (const slot of slots) {
    for (const [name, seconds] of Object.entries(slot.seconds)) {
      sums[name] = (sums[name] ?? 0) + seconds;
    }
  }
  const all = Object.values(sums).reduce((sum, seconds) => sum + seconds, 0);
  if (!all) {
    return word("strip_nothing");
  }
  const first = Object.entries(sums).filter(([, s]) => s / all >= 0.01).sort((a, b) => b[1] - a[1]);
  const shares = several(first.map(([name, s]) => `${emotionWord(name)} ${percent(s / all)}`));
  return word("strip_says", { shares });
}

function total(slot) {
  return Object.values(slot.seconds).reduce((sum, seconds) => sum + seconds, 0);
}
