// The last minutes of a session: a column for each part of its timeline, the newest at the right.

import { column, inWords, summed } from "./columns.js";
import { byId, write } from "./page.js";
import { duration } from "./numbers.js";
import { word } from "./words.js";

const SHOWN_S = 300;

/** Show the end of `timeline`, as a session's summary has it; always five minutes wide. */
export function showStrip(timeline) {
  const slots = lastOf(timeline);
  const last = slots.at(-1);
  const endS = last ? startS(last) + last.span_s : 0;
  byId("strip").replaceChildren(...slots.map((slot) => placed(slot, endS)));
  const shares = inWords(summed(slots));
  byId("strip").setAttribute("aria-label", shares ? word("strip_says", { shares }) : word("strip_nothing"));
  write(byId("strip-from"), word("ago", { duration: duration(SHOWN_S) }));
}

function lastOf(timeline) {
  const span = timeline.at(-1)?.span_s ?? 1;
  return timeline.slice(-Math.max(1, Math.ceil(SHOWN_S / span)));
}

function placed(slot, endS) {
  const bar = column(slot, slot.watched_s ? slot.somebody_s / slot.watched_s : 0);
  bar.style.left = `${(100 * (startS(slot) - endS + SHOWN_S)) / SHOWN_S}%`;
  bar.style.width = `${(100 * slot.span_s) / SHOWN_S}%`;
  return bar;
}

const startS = (slot) => Date.parse(slot.start) / 1000;
