// Columns of time: how long somebody was there in each part, divided by emotion.

import { make } from "./page.js";
import { percent, several } from "./numbers.js";
import { colourOf, emotionWord } from "./words.js";

/** Return the sum of the values of `seconds`. */
export function total(seconds) {
  return Object.values(seconds).reduce((sum, s) => sum + s, 0);
}

/** Return the seconds of each emotion in all of `slots`. */
export function summed(slots) {
  const sums = {};
  for (const slot of slots) {
    for (const [name, seconds] of Object.entries(slot.seconds)) {
      sums[name] = (sums[name] ?? 0) + seconds;
    }
  }
  return sums;
}

/** Return a column for `slot`, `height` 0-1 of its place high. */
export function column(slot, height) {
  const place = make("span");
  const read = total(slot.seconds);
  for (const [name, seconds] of Object.entries(slot.seconds)) {
    if (seconds > 0) {
      const part = make("i");
      part.style.height = `${(100 * height * seconds) / read}%`;
      part.style.backgroundColor = colourOf(name);
      place.append(part);
    }
  }
  return place;
}

/** Return the shares of `seconds` in words, the largest first; "" for none. */
export function inWords(seconds) {
  const all = total(seconds);
  const parts = Object.entries(seconds).filter(([, s]) => all && s / all >= 0.005);
  parts.sort((a, b) => b[1] - a[1]);
  return several(parts.map(([name, s]) => `${emotionWord(name)} ${percent(s / all)}`));
}
