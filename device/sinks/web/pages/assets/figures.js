// The figures of a session or of a time: tiles and profile.

import { Bars } from "./bars.js";
import { total } from "./columns.js";
import { decimal, duration, finePercent, integer, percent } from "./numbers.js";
import { byId, write } from "./page.js";

/** Write the tiles; what is not in `figures` has none. */
export function showTiles(figures) {
  const texts = {
    somebody: duration(figures.somebody_s),
    watched: duration(figures.watched_s),
    negative: percent(figures.negative_share),
    changes: decimal(figures.changes_per_h),
    count: figures.faces === undefined ? undefined : integer(figures.faces),
  };
  for (const [id, text] of Object.entries(texts)) {
    if (text !== undefined) {
      write(byId(id), text);
    }
  }
}

export class Profile {
  #bars = new Bars(byId("profile"), finePercent);

  /** Show how `seconds`, of each emotion, divide. */
  show(seconds) {
    const all = total(seconds);
    const parts = Object.entries(seconds);
    const shares = parts.map(([name, s]) => [name, all ? s / all : 0]);
    const times = parts.map(([name, s]) => [name, duration(s)]);
    this.#bars.show(Object.fromEntries(shares), Object.fromEntries(times));
  }
}
