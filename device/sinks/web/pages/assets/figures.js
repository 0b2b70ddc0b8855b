// The figures of a session or of a time: tiles, profile and plot.

import { Bars } from "./bars.js";
import { decimal, duration, finePercent, integer, percent } from "./numbers.js";
import { byId, write } from "./page.js";

const NARROW_PX = 600;

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

export class Plot {
  #image;
  #asked = 0;

  constructor(image) {
    this.#image = image;
  }

  /** Show the SVG at `address` as it is now; the one before it stays until it is there. */
  async show(address) {
    const turn = ++this.#asked;
    const next = new Image();
    next.src = `${address}${address.includes("?") ? "&" : "?"}${this.#shape()}&at=${Date.now()}`;
    try {
      await next.decode();
    } catch {
      return; // the device is away, which is said elsewhere
    }
    if (turn === this.#asked) {
      this.#image.src = next.src;
    }
  }

  /** Its own size for a narrow place, so that its letters stay readable. */
  #shape() {
    const [width, height] = this.#image.clientWidth < NARROW_PX ? [400, 260] : [960, 240];
    this.#image.width = width;
    this.#image.height = height;
    return `width_px=${width}&height_px=${height}`;
  }
}

/** Return the sum of the values of `seconds`. */
export function total(seconds) {
  return Object.values(seconds).reduce((sum, s) => sum + s, 0);
}
