// The time that a timeline goes along: from when to when, and the round moments in it.

import { summed } from "./columns.js";
import { dayAndMonth, exactTime, monthAndYear, timeOfDay } from "./numbers.js";

const DAY_S = 86400;
// From one tick to the next, the finest first; all are round in local time.
const STEPS = [
  ...[5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200].map((seconds) => ({ seconds })),
  ...[1, 2, 3, 7, 14].map((days) => ({ days })),
  ...[1, 3, 6, 12, 24, 60].map((months) => ({ months })),
];

export class Axis {
  #slotS;

  /**
   * slots: parts of a timeline, one at least, in the order of their beginnings.
   * period: {start, end}, the time to go along at least; without it that of `slots`.
   */
  constructor(slots, period = undefined) {
    const last = slots.at(-1);
    const starts = [Date.parse(slots[0].start), Number(period?.start ?? Infinity)];
    const ends = [Date.parse(last.start) + 1000 * last.span_s, Number(period?.end ?? -Infinity)];
    this.startS = Math.min(...starts) / 1000;
    this.spanS = Math.max(...ends) / 1000 - this.startS;
    this.#slotS = last.span_s;
  }

  /** How far along the axis a moment lies, 0-1. */
  share(momentS) {
    return (momentS - this.startS) / this.spanS;
  }

  /** Return `slots`, neighbours put together so that there is room for at most `most`. */
  joined(slots, most) {
    const together = Math.ceil(this.spanS / this.#slotS / most - 1e-6);
    const spanS = this.#slotS * together;
    const found = new Map();
    for (const slot of slots) {
      // By its middle: where clocks change, a day begins an hour earlier or later.
      const fromS = Date.parse(slot.start) / 1000;
      const at = Math.floor((fromS + slot.span_s / 2 - this.startS) / spanS);
      const key = together > 1 ? this.startS + at * spanS : fromS;
      found.set(key, [...(found.get(key) ?? []), slot]);
    }
    return [...found].map(([fromS, parts]) => ({
      fromS,
      span_s: spanS,
      seconds: summed(parts),
      somebody_s: parts.reduce((sum, slot) => sum + slot.somebody_s, 0),
    }));
  }

  /** Return scales, the finest first: each a list of ticks {share 0-1, text}, at most `most`. */
  *scales(most) {
    for (const step of STEPS) {
      const aboutS = step.seconds ?? DAY_S * (step.days ?? 30 * step.months);
      if (this.spanS / aboutS <= most) {
        yield [...this.#ticks(step)];
      }
    }
  }

  *#ticks(step) {
    const endS = this.startS + this.spanS;
    // A day's name stands below the middle of its column.
    const laterS = step.days && this.#slotS >= DAY_S ? DAY_S / 2 : 0;
    const beyond = new Date(1000 * this.startS);
    let beforeMs = -Infinity;
    for (let at = this.#first(step, beyond); ; at += 1) {
      const moment = nth(step, beyond, at);
      const momentS = moment / 1000;
      if (momentS + laterS > endS || Number.isNaN(momentS)) {
        return;
      }
      // Of an hour that clocks leave out there is no tick.
      if (momentS >= this.startS && moment > beforeMs) {
        yield { share: this.share(momentS + laterS), text: this.#text(step, moment) };
      }
      beforeMs = moment.valueOf();
    }
  }

  /** Return which multiple of `step`, counted as `nth` does, is not yet beyond the beginning. */
  #first(step, start) {
    const midnight = new Date(start).setHours(0, 0, 0, 0);
    const sinceS = (start - midnight) / 1000 - 3600; // clocks may have changed since
    return step.seconds ? Math.max(0, Math.floor(sinceS / step.seconds)) : 0;
  }

  #text(step, moment) {
    if (step.months) {
      return monthAndYear(moment);
    }
    const midnight = moment.getHours() === 0 && moment.getMinutes() === 0 && moment.getSeconds() === 0;
    // Clocks may have changed: such a day is an hour longer.
    if (step.days || (midnight && this.spanS > 1.05 * DAY_S)) {
      return dayAndMonth(moment);
    }
    return step.seconds < 60 ? exactTime(moment) : timeOfDay(moment);
  }
}

/** Return the `at`-th multiple of `step`, from midnight, the week or the year of `start` on. */
function nth({ seconds, days, months }, start, at) {
  const [year, month, day] = [start.getFullYear(), start.getMonth(), start.getDate()];
  if (seconds) {
    return new Date(year, month, day, 0, 0, at * seconds);
  }
  if (months) {
    return new Date(year, at * months);
  }
  const sinceMonday = days % 7 ? 0 : (start.getDay() + 6) % 7;
  return new Date(year, month, day - sinceMonday + at * days);
}
