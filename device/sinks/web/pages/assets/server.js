// What is asked of the device. An error says in `message` what people read.

import { word } from "./words.js";

export class ServerError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status; // 0: no answer
  }
}

/** Return the JSON at `path`; null where there is none. */
export async function ask(path, method = "GET", body = undefined) {
  const answer = await reach(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) {
    logIn();
    await new Promise(() => {}); // the page is being left
  }
  if (!answer.ok) {
    throw new ServerError(await reason(answer), answer.status);
  }
  return answer.status === 204 ? null : answer.json();
}

/** Leave for the login, and come back from there. */
export function logIn() {
  const here = location.pathname + location.search;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
}

async function reach(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new ServerError(word("unreachable"), 0);
  }
}

async function reason(answer) {
  if (answer.status === 503) {
    return word("busy");
  }
  const said = await answer.json().catch(() => ({}));
  return word("error", { reason: said.error ?? `${answer.status} ${answer.statusText}` });
}
