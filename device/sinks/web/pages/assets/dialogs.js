// Questions that are asked before something is done.

import { byId, write } from "./page.js";

/** Ask for a name; null where none is given. */
export async function askName(heading, words, yes, name) {
  write(byId("name-dialog-heading"), heading);
  write(byId("name-dialog-words"), words);
  write(byId("name-yes"), yes);
  byId("name-dialog-words").hidden = !words;
  const field = byId("name-field");
  field.value = name;
  const answer = answered(byId("name-dialog"));
  field.select();
  return (await answer) === "yes" ? field.value.trim() : null;
}

/** Ask whether something is to be deleted. */
export async function askDelete(heading) {
  write(byId("delete-dialog-heading"), heading);
  return (await answered(byId("delete-dialog"))) === "yes";
}

function answered(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue), { once: true });
  });
}
