// What all pages share: the title, the place in the navigation, notices, small makers of elements.

import { word } from "./words.js";

/** Say where one is. Every page calls it first. */
export function begin() {
  const { page } = document.body.dataset;
  document.title = `${word(page)} · ${word("app")}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.to === page) {
      link.setAttribute("aria-current", "page");
    }
  }
}

export const byId = (id) => document.getElementById(id);

/** Write `text` into an element, and touch nothing where it stands there already. */
export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Return a new element with `text`. */
export function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) {
    element.className = className;
  }
  return element;
}

/** Show `text` above the page; "" takes it away. */
export function notify(text) {
  const notice = byId("notice");
  write(notice, text);
  notice.hidden = !text;
}

/** Set the state line: `name` is its colour, `text` what is read. */
export function showState(name, text) {
  byId("state").dataset.state = name;
  write(byId("state-words"), text);
}

/** Do `work`, and say it where the device does not. Return whether it was done. */
export async function attempt(work) {
  try {
    await work();
    notify("");
    return true;
  } catch (error) {
    notify(error.message);
    if (error.status === undefined) {
      throw error; // ours, not the device's
    }
    return false;
  }
}

/** Do `work` now, and again every `everyS` seconds while somebody looks. */
export function keepDoing(work, everyS) {
  let timer = 0;
  const again = async () => {
    clearTimeout(timer);
    if (!document.hidden) {
      await attempt(work);
      clearTimeout(timer);
      timer = setTimeout(again, 1000 * everyS);
    }
  };
  document.addEventListener("visibilitychange", again);
  return again();
}

/** Fill a <dl> with pairs of words. */
export function fillFacts(list, pairs) {
  const rows = pairs.map(([term, value]) => {
    const row = document.createElement("div");
    row.append(make("dt", term), make("dd", value));
    return row;
  });
  list.replaceChildren(...rows);
}
