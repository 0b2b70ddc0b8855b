// A bar for each emotion: a word, a meter and a figure, one a line.

import { colourOf, emotionWord } from "./words.js";
import { make, write } from "./page.js";

// Less than this would be an outline without anything in it.
const LEAST = 0.004;

export class Bars {
  #list;
  #figure;
  #rows = new Map();

  /** list: the <ul> to fill. figure: from a share 0-1 to the words beside its bar. */
  constructor(list, figure) {
    this.#list = list;
    this.#figure = figure;
  }

  /** Show the share 0-1 of each emotion; `times`: further words for each. */
  show(shares, times = undefined) {
    const strongest = Math.max(...Object.values(shares));
    for (const name of this.#rows.keys()) {
      if (!(name in shares)) {
        this.#rows.get(name).line.remove();
        this.#rows.delete(name);
      }
    }
    for (const [name, share] of Object.entries(shares)) {
      const row = this.#rows.get(name) ?? this.#add(name, times !== undefined);
      const text = this.#figure(share);
      row.line.classList.toggle("strongest", share > 0 && share === strongest);
      row.fill.style.width = share < LEAST ? "0" : `${(100 * share).toFixed(1)}%`;
      row.meter.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      row.meter.setAttribute("aria-valuetext", times ? `${text}, ${times[name]}` : text);
      write(row.figure, text);
      if (times) {
        write(row.time, times[name]);
      }
    }
  }

  #add(name, withTime) {
    const line = make("li");
    line.dataset.emotion = name;
    const label = make("span", emotionWord(name), "bar-word");
    const meter = make("div", "", "bar");
    const fill = make("div", "", "bar-fill");
    const figure = make("span", "", "bar-figure");
    const time = make("span", "", "bar-time");
    fill.style.backgroundColor = colourOf(name);
    meter.append(fill);
    meter.setAttribute("role", "meter");
    meter.setAttribute("aria-label", emotionWord(name));
    meter.setAttribute("aria-valuemin", "0");
    meter.setAttribute("aria-valuemax", "100");
    for (const seen of [label, figure, time]) {
      seen.setAttribute("aria-hidden", "true"); // the meter says them
    }
    line.append(label, meter, figure, ...(withTime ? [time] : []));
    this.#list.append(line);
    const row = { line, meter, fill, figure, time };
    this.#rows.set(name, row);
    return row;
  }
}
