// The live picture: fetched only while it is wanted and somebody looks.

const AGAIN_S = 3;

export class Stream {
  #image;
  #wanted = false;
  #retry = 0;

  constructor(image) {
    this.#image = image;
    this.#watch();
    document.addEventListener("visibilitychange", () => this.#settle());
    window.addEventListener("pagehide", () => this.#stop());
    window.addEventListener("pageshow", () => this.#settle());
  }

  /** Show the picture, or fetch none. */
  want(wanted) {
    this.#wanted = wanted;
    this.#settle();
  }

  /** Ask for the picture anew, after the device was away. */
  renew() {
    this.#stop();
    this.#settle();
  }

  /** The picture's size in pixels, so that its place is kept. */
  resize(width, height) {
    if (width && height && this.#image.width !== width) {
      this.#image.width = width;
      this.#image.height = height;
    }
  }

  #settle() {
    const show = this.#wanted && !document.hidden;
    if (!show) {
      this.#stop();
    } else if (!this.#image.hasAttribute("src")) {
      this.#image.src = "/stream.mjpeg";
    }
  }

  #stop() {
    clearTimeout(this.#retry);
    if (this.#image.hasAttribute("src")) {
      // A browser ends a stream for sure only when its image goes.
      const fresh = this.#image.cloneNode();
      fresh.removeAttribute("src");
      fresh.classList.add("empty");
      this.#image.removeAttribute("src");
      this.#image.replaceWith(fresh);
      this.#image = fresh;
      this.#watch();
    }
  }

  #watch() {
    const image = this.#image;
    image.classList.add("empty");
    image.addEventListener("load", () => image.classList.remove("empty"));
    image.addEventListener("error", () => {
      if (image === this.#image && image.hasAttribute("src")) {
        this.#stop();
        this.#retry = setTimeout(() => this.#settle(), 1000 * AGAIN_S);
      }
    });
  }
}
