// A timeline of a session or of the past: columns, a legend, a scale and times below.
//
// It is drawn here and not fetched: its figures are on the page already, it fits the width
// of a phone, and the device has nothing to draw.

import { column, inWords, summed, total } from "./columns.js";
import { make } from "./page.js";
import { dayAndMonth, duration, exactTime, timeOfDay } from "./numbers.js";
import { colourOf, emotionWord, word } from "./words.js";

const COLUMN_PX = 5;
const LABEL_PX = 80;
const DAY_S = 86400;
const STEPS_S = [
  5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
  DAY_S, 2 * DAY_S, 3 * DAY_S, 7 * DAY_S, 14 * DAY_S, 30 * DAY_S, 91 * DAY_S, 365 * DAY_S,
];

export class Timeline {
  #place;
  #slots = [];

  /** place: the element that it fills, and that is an image for those who listen. */
  constructor(place) {
    this.#place = place;
    new ResizeObserver(() => this.#draw()).observe(place.parentElement);
  }

  /** Show `slots`, in the order of their beginnings; parts may be missing between them. */
  show(slots) {
    this.#slots = slots;
    this.#draw();
  }

  #draw() {
    const width = this.#place.clientWidth;
    if (!width) {
      return; // nobody sees it
    }
    const seconds = summed(this.#slots);
    const shares = inWords(seconds);
    this.#place.setAttribute("aria-label", shares ? word("timeline_says", { shares }) : word("nobody_read"));
    if (!shares) {
      this.#place.replaceChildren(make("p", word("nobody_read"), "quiet"));
      return;
    }
    const axis = new Axis(this.#slots);
    const slots = axis.joined(this.#slots, Math.floor(width / COLUMN_PX));
    this.#place.replaceChildren(legend(seconds), field(slots, axis), times(axis, width));
  }
}

/** The time from the first slot's beginning to the last one's end, in seconds. */
class Axis {
  constructor(slots) {
    const last = slots.at(-1);
    this.startS = Date.parse(slots[0].start) / 1000;
    this.spanS = Date.parse(last.start) / 1000 + last.span_s - this.startS;
  }

  /** How far along the axis a moment lies, 0-1. */
  share(momentS) {
    return (momentS - this.startS) / this.spanS;
  }

  /** Return `slots`, neighbours put together so that there are at most `most`. */
  joined(slots, most) {
    const oneS = slots[0].span_s;
    const spanS = oneS * Math.ceil(this.spanS / oneS / most - 1e-6);
    const found = new Map();
    for (const slot of slots) {
      const at = Math.floor((Date.parse(slot.start) / 1000 - this.startS) / spanS + 1e-6);
      found.set(at, [...(found.get(at) ?? []), slot]);
    }
    return [...found].map(([at, parts]) => ({
      fromS: this.startS + at * spanS,
      span_s: spanS,
      seconds: summed(parts),
      somebody_s: parts.reduce((sum, slot) => sum + slot.somebody_s, 0),
    }));
  }

  /** Return round moments, in seconds, at most `most`, and how far apart they are. */
  ticks(most) {
    const stepS = STEPS_S.find((step) => this.spanS / step <= most) ?? STEPS_S.at(-1);
    const midnight = new Date(1000 * this.startS).setHours(0, 0, 0, 0) / 1000;
    const first = midnight + Math.ceil((this.startS - midnight) / stepS) * stepS;
    const count = Math.max(0, Math.floor((this.startS + this.spanS - first) / stepS) + 1);
    return [stepS, Array.from({ length: count }, (_, at) => first + at * stepS)];
  }
}

function legend(seconds) {
  const list = make("div", "", "legend");
  for (const name of Object.keys(seconds).filter((each) => seconds[each] > 0)) {
    const item = make("span", emotionWord(name));
    const swatch = make("span", "", "swatch");
    swatch.style.backgroundColor = colourOf(name);
    item.prepend(swatch);
    list.append(item);
  }
  return list;
}

function field(slots, axis) {
  const place = make("div", "", "columns-field");
  const longest = Math.max(...slots.map((slot) => slot.somebody_s));
  for (const slot of slots.filter((each) => total(each.seconds) > 0)) {
    const bar = column(slot, slot.somebody_s / longest);
    bar.style.left = `${100 * axis.share(slot.fromS)}%`;
    bar.style.width = `${(100 * slot.span_s) / axis.spanS}%`;
    place.append(bar);
  }
  place.append(make("b", duration(longest)));
  return place;
}

function times(axis, width) {
  const place = make("div", "", "times");
  const [stepS, ticks] = axis.ticks(Math.max(2, Math.floor(width / LABEL_PX)));
  const written = stepS >= DAY_S ? dayAndMonth : stepS < 60 ? exactTime : timeOfDay;
  for (const tick of ticks) {
    const label = make("span", written(1000 * tick));
    const share = axis.share(tick);
    label.style.left = `${100 * share}%`;
    label.className = share < 0.06 ? "first" : share > 0.94 ? "last" : "";
    place.append(label);
  }
  return place;
}
