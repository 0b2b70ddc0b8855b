// A timeline of a session or of the past: columns, a legend, a scale and times below.
//
// It is drawn here and not fetched: its figures are on the page already, it fits the width
// of a phone, and the device has nothing to draw.

import { Axis } from "./axis.js";
import { column, inWords, summed, total } from "./columns.js";
import { make } from "./page.js";
import { duration } from "./numbers.js";
import { colourOf, emotionWord, word } from "./words.js";

const COLUMN_PX = 5;
// No label of a time is narrower; between two of them is a gap.
const LEAST_LABEL_PX = 20;
const GAP_PX = 12;

export class Timeline {
  #place;
  #slots = [];
  #period;

  /** place: the element that it fills, and that is an image for those who listen. */
  constructor(place) {
    this.#place = place;
    new ResizeObserver(() => this.#draw()).observe(place.parentElement);
  }

  /**
   * Show `slots`, in the order of their beginnings; parts may be missing between them.
   * period: {start, end}, all of the time that is shown; without it that of `slots`.
   */
  show(slots, period = undefined) {
    this.#slots = slots;
    this.#period = period;
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
    const axis = new Axis(this.#slots, this.#period);
    const slots = axis.joined(this.#slots, Math.floor(width / COLUMN_PX));
    const times = make("div", "", "times");
    this.#place.replaceChildren(legend(seconds), field(slots, axis), times);
    fillTimes(times, axis);
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

/** Fill `place`, which is on the page already, with the finest scale whose labels have room. */
function fillTimes(place, axis) {
  const width = place.clientWidth;
  for (const ticks of axis.scales(width / LEAST_LABEL_PX)) {
    const labels = ticks.map(({ text }) => make("span", text, "label"));
    place.replaceChildren(...ticks.map(({ share }) => mark(share)), ...labels);
    const sizes = labels.map((label) => label.getBoundingClientRect().width);
    const middles = ticks.map(({ share }) => share * width);
    const apart = Math.min(...middles.slice(1).map((middle, at) => middle - middles[at]));
    if (Math.max(...sizes) + GAP_PX <= apart) {
      putBelow(labels, sizes, middles, width);
      return;
    }
  }
}

/** Put each label below its tick; the outermost stay inside, or go where they have no room. */
function putBelow(labels, sizes, middles, width) {
  const lefts = middles.map((middle, at) => Math.max(0, Math.min(width - sizes[at], middle - sizes[at] / 2)));
  labels.forEach((label, at) => (label.style.left = `${(100 * lefts[at]) / width}%`));
  const last = labels.length - 1;
  if (last > 0 && lefts[0] + sizes[0] + GAP_PX > lefts[1]) {
    labels[0].remove();
  }
  if (last > 1 && lefts[last - 1] + sizes[last - 1] + GAP_PX > lefts[last]) {
    labels[last].remove();
  }
}

function mark(share) {
  const tick = make("span", "", "tick");
  tick.style.left = `${100 * share}%`;
  return tick;
}
