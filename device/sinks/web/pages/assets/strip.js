// The last minutes of a session: a column for each part of its timeline.

import { column, inWords, summed } from "./columns.js";
import { byId, write } from "./page.js";
import { duration } from "./numbers.js";
import { word } from "./words.js";

const SHOWN_S = 300;

/** Show the end of `timeline`, as a session's summary has it. */
export function showStrip(timeline) {
  const slots = lastOf(timeline);
  const heights = slots.map((slot) => (slot.watched_s ? slot.somebody_s / slot.watched_s : 0));
  byId("strip").replaceChildren(...slots.map((slot, at) => column(slot, heights[at])));
  const shares = inWords(summed(slots));
  byId("strip").setAttribute("aria-label", shares ? word("strip_says", { shares }) : word("strip_nothing"));
  const spanS = slots.reduce((sum, slot) => sum + slot.span_s, 0);
  write(byId("strip-from"), slots.length ? word("ago", { duration: duration(spanS) }) : "");
}

function lastOf(timeline) {
  const span = timeline.at(-1)?.span_s ?? 1;
  return timeline.slice(-Math.max(1, Math.ceil(SHOWN_S / span)));
}
