// The live page: what is seen now.

import { Announcer } from "./announcer.js";
import { Events } from "./events.js";
import { Faces } from "./faces.js";
import { decimal, duration, integer, percent } from "./numbers.js";
import { begin, byId, keepDoing, notify, showState, write } from "./page.js";
import { ask } from "./server.js";
import { Stream } from "./stream.js";
import { showStrip } from "./strip.js";
import { emojiOf, emotionWord, word } from "./words.js";

const STRIP_EVERY_S = 5;
const MEMORY = "mien-picture";

begin();
const stream = new Stream(byId("stream"));
const faces = new Faces(byId("faces"));
const announcer = new Announcer(byId("said"));
let lost = false;

setPicture(remembered());
byId("picture-switch").addEventListener("click", () => setPicture(!remembered(), true));
new Events({ now: showNow, session: showSession }, showLost);
keepDoing(async () => showStrip((await ask("/api/session")).timeline), STRIP_EVERY_S);

function showNow(now) {
  found();
  const stateWords = word(`state_${now.state}`);
  showState(now.state, stateWords);
  stream.resize(now.width_px, now.height_px);
  byId("no-picture").hidden = now.state !== "no_picture";
  faces.show(now.faces);
  byId("no-faces").hidden = now.faces.length > 0;
  byId("live").dataset.filled = "yes";
  write(byId("rate"), decimal(now.frame_rate_hz));
  write(byId("count"), integer(now.faces.length));
  const largest = now.faces.find((face) => face.id === now.largest);
  showLargest(largest);
  announcer.say(largest ? emotionWord(largest.emotion) : stateWords);
}

function showLargest(face) {
  const emoji = byId("emoji");
  const address = emojiOf(face?.emotion ?? "nobody");
  if (emoji.getAttribute("src") !== address) {
    emoji.src = address;
  }
  write(byId("emotion"), face ? emotionWord(face.emotion) : word("nobody"));
  write(byId("probability"), face ? percent(face.probability) : "\u00a0");
}

function showSession(session) {
  found();
  write(byId("somebody"), duration(session.somebody_s));
}

function showLost(why) {
  lost = true;
  showState("lost", word("lost"));
  announcer.say(word("lost"));
  notify(why);
}

function found() {
  if (lost) {
    lost = false;
    notify("");
    stream.renew();
  }
}

function setPicture(shown, remember = false) {
  byId("live").classList.toggle("alone", !shown);
  byId("picture").hidden = !shown;
  byId("picture-switch").setAttribute("aria-pressed", String(!shown));
  stream.want(shown);
  if (remember) {
    keepInMind(shown);
  }
}

function remembered() {
  try {
    return localStorage.getItem(MEMORY) !== "off";
  } catch {
    return !byId("picture").hidden; // a browser that keeps nothing
  }
}

function keepInMind(shown) {
  try {
    localStorage.setItem(MEMORY, shown ? "on" : "off");
  } catch {
    // Then it holds until the page is left.
  }
}
