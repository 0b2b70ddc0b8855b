// The device page: what Mien runs on, and how it fares.

import { bytes, decimal, degrees, duration, finePercent, integer, megabytes, milliseconds, several } from "./numbers.js";
import { begin, byId, fillFacts, keepDoing, make, write } from "./page.js";
import { ask } from "./server.js";
import { emotionWord, isWord, labels, word } from "./words.js";

const EVERY_S = 3;
const LINES = 50;
const THROTTLING = {
  "under-voltage": "under_voltage",
  "frequency capped": "frequency_capped",
  "throttled": "slowed",
  "soft temperature limit": "warm",
};

begin();
keepDoing(load, EVERY_S);

async function load() {
  const [device, log] = await Promise.all([ask("/api/device"), ask(`/api/log?lines=${LINES}`)]);
  showCamera(device);
  showMachine(device);
  showModel(device.model);
  showCosts(device.stages);
  showLog(device.log, log.lines);
  byId("logout").hidden = !device.password;
}

function showCamera(device) {
  fillFacts(byId("camera"), [
    [word("source"), device.source],
    [word("kind"), word(device.live ? "camera_live" : "recording")],
    [word("frames_a_second"), decimal(device.frame_rate_hz)],
  ]);
}

function showMachine(device) {
  const { temperature_c: celsius, throttled } = device;
  const unknown = word("not_known");
  fillFacts(byId("machine"), [
    [word("board"), device.machine],
    [word("system"), device.system],
    [word("version"), device.version],
    [word("uptime"), duration(device.uptime_s)],
    [word("memory"), megabytes(device.memory_mb)],
    [word("temperature"), celsius === null ? unknown : degrees(celsius)],
    [word("throttled"), throttled === null ? unknown : several(throttled.map(throttling)) || word("not_throttled")],
  ]);
}

/** Return the words for what the device says in English, as "throttled now"; unknown ones stay. */
function throttling(said) {
  const [, what, when] = /^(.*?) (now|since the start)$/.exec(said) ?? [];
  const name = THROTTLING[what];
  return name ? word(when === "now" ? "happens_now" : "happened", { what: word(name) }) : said;
}

function showModel(card) {
  const { figures, input } = card;
  fillFacts(byId("model"), [
    [word("model_name"), card.name],
    ...(figures ? [[word("accuracy"), word("accuracy_value", {
      share: finePercent(figures.int8_accuracy), images: integer(figures.images), split: figures.split,
    })]] : []),
    [word("input"), word("input_value", { width: input.width_px, height: input.height_px })],
    [word("emotion_names"), several(labels.map(emotionWord))],
    [word("size"), bytes(card.model_bytes)],
    [word("digest"), card.model_sha256.slice(0, 16) + "…"],
  ]);
}

function showCosts(stages) {
  const head = line("th", [word("stage"), word("median"), word("high")]);
  for (const cell of head.children) {
    cell.scope = "col";
  }
  const rows = stages.map(({ name, median_ms: median, high_ms: high }) =>
    line("td", [stageName(name), milliseconds(median), milliseconds(high)]));
  byId("costs").replaceChildren(head, ...rows);
}

/** Return what people call a stage; one without words keeps its name. */
function stageName(name) {
  return isWord(`stage_${name}`) ? word(`stage_${name}`) : name;
}

function line(tag, texts) {
  const row = make("tr");
  row.append(...texts.map((text) => make(tag, text)));
  return row;
}

function showLog(about, lines) {
  const kept = about.path !== null;
  byId("no-log").hidden = kept;
  byId("log").hidden = !kept;
  byId("log-facts").hidden = !kept;
  if (kept) {
    fillFacts(byId("log-facts"), [
      [word("log_folder"), about.path],
      [word("log_size"), about.bytes === null ? word("not_known") : bytes(about.bytes)],
      [word("free"), about.free_mb === null ? word("not_known") : megabytes(about.free_mb)],
    ]);
    follow(lines.join("\n") || word("no_lines"));
  }
}

/** Show the log's end, and stay there unless somebody has scrolled up to read. */
function follow(text) {
  const place = byId("log");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  write(place, text);
  if (atEnd) {
    place.scrollTop = place.scrollHeight;
  }
}
