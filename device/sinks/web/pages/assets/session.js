// The session page: the running session, or an earlier one, and the list of all.

import { total } from "./columns.js";
import { askDelete, askName } from "./dialogs.js";
import { Events } from "./events.js";
import { Profile, showTiles } from "./figures.js";
import { dateTime, decimal, duration, percent } from "./numbers.js";
import { attempt, begin, byId, keepDoing, make, notify, showState, write } from "./page.js";
import { ask } from "./server.js";
import { nameOf, SessionList } from "./session_list.js";
import { Timeline } from "./timeline.js";
import { Timetable } from "./timetable.js";
import { word } from "./words.js";

const WHOLE_EVERY_S = 10;

begin();
const wanted = new URLSearchParams(location.search).get("id");
const profile = new Profile();
const plot = new Timeline(byId("timeline"));
const timetable = new Timetable(byId("timeline-details"), byId("timeline-table"));
const list = new SessionList(byId("sessions"), { rename, remove });
let shown = null;

byId("new").addEventListener("click", startNew);
byId("rename").addEventListener("click", () => rename(shown));
byId("delete").addEventListener("click", () => remove(shown));
byId("who").addEventListener("change", showProfile);
keepDoing(load, WHOLE_EVERY_S);
if (wanted === null) {
  new Events({ session: count, now: () => {} }, lose);
}

async function load() {
  const [summary, heads] = await Promise.all([find(), ask("/api/sessions")]);
  show(summary);
  list.show(heads, summary.id);
}

/** Return the session that the address names, or the running one. */
async function find() {
  if (wanted === null) {
    return ask("/api/session");
  }
  try {
    return await ask(`/api/sessions/${encodeURIComponent(wanted)}`);
  } catch (error) {
    if (error.status === 404 || error.status === 422 || error.status === 400) {
      location.replace("/session");
    }
    throw error;
  }
}

function show(summary) {
  shown = summary;
  const running = summary.ended === null;
  const at = `/api/sessions/${summary.id}`;
  write(byId("name"), nameOf(summary));
  showState(running ? "running" : "ended", word(running ? "running" : "ended"));
  write(byId("when"), when(summary));
  byId("running").hidden = running;
  byId("csv").href = `${at}/export.csv`;
  byId("json").href = `${at}/export.json`;
  showTiles({ ...summary, ...rates(summary.everybody) });
  fillWho(summary.each);
  showProfile();
  timetable.show(summary.timeline);
  plot.show(summary.timeline);
  byId("svg").href = `${at}/timeline.svg`;
}

function when({ began, ended }) {
  return ended === null
    ? word("began", { time: dateTime(began) })
    : word("began_ended", { begin: dateTime(began), end: dateTime(ended) });
}

const rates = (shares) => ({
  negative_share: shares.negative_share, changes_per_h: shares.changes_per_h,
});

/** The running session's figures, as they are told every two seconds. */
function count(session) {
  if (shown?.id !== session.id) {
    attempt(load); // somebody began another one
    return;
  }
  showState("running", word("running"));
  write(byId("name"), nameOf(session));
  showTiles(session);
}

function lose(why) {
  showState("lost", word("lost"));
  if (why) {
    notify(why);
  }
}

function fillWho(each) {
  const select = byId("who");
  const known = [...select.options].map((option) => option.value).join();
  const faces = [...each].reverse().map((face) => [String(face.id), faceName(face.id)]);
  const options = [["all", word("all_faces")], ...faces];
  if (options.map(([value]) => value).join() === known) {
    return;
  }
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = options.some(([value]) => value === chosen) ? chosen : "all";
}

const faceName = (id) => (id === 0 ? word("earlier_faces") : word("face", { id }));

function showProfile() {
  const face = shown.each.find(({ id }) => String(id) === byId("who").value);
  const shares = face?.read ?? shown.everybody;
  profile.show(shares.seconds);
  write(byId("read"), word("read_for", {
    duration: duration(total(shares.seconds)),
    changes: decimal(shares.changes_per_h),
    negative: percent(shares.negative_share),
  }));
}

async function startNew() {
  const name = await askName(word("new_session"), word("new_session_words"), word("start"), "");
  if (name !== null && (await attempt(() => ask("/api/sessions", "POST", { name })))) {
    await settle(word("new_begun"), true);
  }
}

async function rename(session) {
  const name = await askName(word("rename_heading"), "", word("save"), session.name);
  const at = `/api/sessions/${session.id}`;
  if (name !== null && (await attempt(() => ask(at, "PATCH", { name })))) {
    await settle(word("renamed"));
  }
}

async function remove(session) {
  const sure = await askDelete(word("delete_heading", { name: nameOf(session) }));
  const at = `/api/sessions/${session.id}`;
  if (sure && (await attempt(() => ask(at, "DELETE")))) {
    await settle(word("deleted"), session.id === shown.id);
  }
}

/** Show what has become of it; `away`: what was shown is no more, so go to the running one. */
async function settle(text, away = false) {
  if (away && wanted !== null) {
    location.assign("/session");
    return;
  }
  if (await attempt(load)) {
    write(byId("said"), text);
  }
}
