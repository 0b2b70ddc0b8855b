// What a screen reader says of the live page: changes, and those calmly.

const CALM_S = 5;

export class Announcer {
  #place;
  #next = "";
  #timer = 0;

  /** place: the live region. */
  constructor(place) {
    this.#place = place;
  }

  /** Say `text` now, or when the last words are some seconds ago; newer words win. */
  say(text) {
    this.#next = text;
    if (!this.#timer) {
      this.#speak();
    }
  }

  #speak() {
    this.#timer = 0;
    if (this.#next !== this.#place.textContent) {
      this.#place.textContent = this.#next;
      this.#timer = setTimeout(() => this.#speak(), 1000 * CALM_S);
    }
  }
}
