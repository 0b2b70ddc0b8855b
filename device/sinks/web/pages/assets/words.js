// The words of the page's language, and the names and colours of the emotions.

const words = await load();

/** Return the words at `key`, each {name} in them replaced by its value. */
export function word(key, values = {}) {
  const text = words[key];
  if (text === undefined) {
    throw new Error(`no words for ${key}`);
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Return whether there are words at `key`. */
export const isWord = (key) => key in words;

export const language = document.documentElement.lang;
/** The page's language as it is written where the visitor lives: en-GB, fr-CA. */
export const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
export const labels = words.labels;

/** Return what people call `emotion`. */
export function emotionWord(emotion) {
  return words.emotions[emotion] ?? emotion;
}

/** Return the colour of `emotion`, #rrggbb. */
export function colourOf(emotion) {
  return words.colours[emotion] ?? "#888888";
}

/** Return the address of the emoji of `emotion`. */
export function emojiOf(emotion) {
  return `/emoji/${encodeURIComponent(emotion)}.png`;
}

async function load() {
  const answer = await fetch("/words.json", { credentials: "same-origin" });
  return answer.json();
}
