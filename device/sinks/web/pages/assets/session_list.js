// The list of all sessions, newest first.

import { dateTime, duration, integer } from "./numbers.js";
import { byId, write } from "./page.js";
import { word } from "./words.js";

/** What a session is called. */
export const nameOf = ({ id, name }) => name || word("session_number", { id });

export class SessionList {
  #place;
  #doing;
  #rows = new Map();

  /** doing: what is done with a head: { rename, remove }. */
  constructor(place, doing) {
    this.#place = place;
    this.#doing = doing;
  }

  /** Show `heads`; `shown` is the number of the one that the page is about. */
  show(heads, shown) {
    const there = new Set(heads.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (!there.has(id)) {
        row.line.remove();
        this.#rows.delete(id);
      }
    }
    heads.forEach((head, at) => {
      const row = this.#rows.get(head.id) ?? this.#add(head.id);
      row.head = head;
      fill(row.line, head, head.id === shown);
      if (this.#place.children[at] !== row.line) {
        this.#place.insertBefore(row.line, this.#place.children[at] ?? null);
      }
    });
  }

  #add(id) {
    const line = byId("session-row").content.firstElementChild.cloneNode(true);
    const row = { line, head: null };
    line.dataset.session = id;
    line.querySelector(".rename").addEventListener("click", () => this.#doing.rename(row.head));
    line.querySelector(".delete").addEventListener("click", () => this.#doing.remove(row.head));
    this.#rows.set(id, row);
    return row;
  }
}

function fill(line, head, isShown) {
  const name = nameOf(head);
  const find = (selector) => line.querySelector(selector);
  line.classList.toggle("shown", isShown);
  write(find(".session-name"), name);
  find(".session-name").href = `/session?id=${head.id}`;
  find(".session-name").toggleAttribute("aria-current", isShown);
  write(find(".session-when"), head.ended === null
    ? `${word("running")} · ${dateTime(head.began)}`
    : word("began_ended", { begin: dateTime(head.began), end: dateTime(head.ended) }));
  write(find(".session-figures"), word("session_figures", {
    somebody: duration(head.somebody_s), watched: duration(head.watched_s), faces: integer(head.faces),
  }));
  find(".rename").setAttribute("aria-label", word("rename_name", { name }));
  find(".delete").setAttribute("aria-label", word("delete_name", { name }));
  for (const format of ["csv", "json"]) {
    const link = find(`.${format}`);
    link.href = `/api/sessions/${head.id}/export.${format}`;
    link.setAttribute("aria-label", word("export_name", { name, format: format.toUpperCase() }));
  }
}
