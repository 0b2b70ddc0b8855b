// A card for each face that is there, with the bars of its expression.

import { Bars } from "./bars.js";
import { byId, write } from "./page.js";
import { percent } from "./numbers.js";
import { colourOf, emotionWord, word } from "./words.js";

export class Faces {
  #place;
  #cards = new Map();

  constructor(place) {
    this.#place = place;
  }

  /** Show `faces`, as /api/now has them; the same face keeps its card. */
  show(faces) {
    const there = new Set(faces.map((face) => face.id));
    for (const [id, card] of this.#cards) {
      if (!there.has(id)) {
        card.article.remove();
        this.#cards.delete(id);
      }
    }
    for (const face of faces) {
      this.#fill(this.#cards.get(face.id) ?? this.#add(face.id), face);
    }
  }

  #fill(card, face) {
    write(card.emotion, word("said", {
      emotion: emotionWord(face.emotion), probability: percent(face.probability),
    }));
    card.swatch.style.backgroundColor = colourOf(face.emotion);
    card.still.hidden = !face.still;
    card.bars.show(face.probabilities);
  }

  #add(id) {
    const article = byId("face-card").content.firstElementChild.cloneNode(true);
    write(article.querySelector(".face-name"), word("face", { id }));
    article.dataset.face = id;
    const card = {
      article,
      emotion: article.querySelector(".face-emotion"),
      swatch: article.querySelector(".swatch"),
      still: article.querySelector(".still"),
      bars: new Bars(article.querySelector(".bars"), percent),
    };
    this.#cards.set(id, card);
    this.#place.append(article);
    return card;
  }
}
