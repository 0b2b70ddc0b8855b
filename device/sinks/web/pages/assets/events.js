// The device's events, while somebody looks; found again when they are lost.

import { ask } from "./server.js";

const SILENCE_S = 10; // the device says something every 2 s
const LONGEST_WAIT_S = 15;

export class Events {
  #handlers;
  #lost;
  #source = null;
  #silence = 0;
  #retry = 0;
  #waitS = 1;

  /**
   * handlers: a function for the content of each kind of event.
   * lost: called when the connection is lost, with what people read of it where that is known.
   */
  constructor(handlers, lost) {
    this.#handlers = handlers;
    this.#lost = lost;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close() : this.#open()));
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", () => this.#open());
    window.addEventListener("online", () => this.#open());
    this.#open();
  }

  #open() {
    this.#close();
    if (document.hidden) {
      return;
    }
    this.#source = new EventSource("/api/events");
    this.#source.addEventListener("error", () => this.#again());
    for (const [kind, handle] of Object.entries(this.#handlers)) {
      this.#source.addEventListener(kind, (event) => {
        this.#waitS = 1;
        this.#listen();
        handle(JSON.parse(event.data));
      });
    }
    this.#listen();
  }

  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#again(), 1000 * SILENCE_S);
  }

  #close() {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  async #again() {
    this.#close();
    this.#lost("");
    this.#retry = setTimeout(() => this.#open(), 1000 * this.#waitS);
    this.#waitS = Math.min(2 * this.#waitS, LONGEST_WAIT_S);
    try {
      await ask("/api/now"); // a session that ended leads to the login
    } catch (error) {
      this.#lost(error.message);
    }
  }
}
