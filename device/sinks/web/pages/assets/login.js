// The login: says what was wrong without leaving the page. Without scripts the form works too.

import { begin, byId, write } from "./page.js";
import { word } from "./words.js";

begin();
const form = byId("login");
const field = byId("password");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  logIn();
});

async function logIn() {
  write(byId("login-error"), "");
  const said = await send();
  if (said === "") {
    location.replace(form.elements.next.value); // as the device wrote it: a path of its own
    return;
  }
  write(byId("login-error"), said);
  field.setAttribute("aria-invalid", "true");
  field.select();
  field.focus();
}

/** Send the password; return what was wrong, "" for nothing. */
async function send() {
  try {
    const answer = await fetch("/login", {
      method: "POST", body: new URLSearchParams(new FormData(form)),
      credentials: "same-origin", redirect: "manual",
    });
    if (answer.type === "opaqueredirect") {
      return "";
    }
    return word({ 401: "wrong_password", 429: "too_many_tries", 503: "busy" }[answer.status] ?? "refused");
  } catch {
    return word("unreachable");
  }
}
