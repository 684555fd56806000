// A rule that is not saved yet is kept in this tab, per person: the server draws its editor again from what was typed.
import { htmx } from "./shared.js";

const editor = () => document.getElementById("automation-form");
// Nobody meets in this tab what another person typed before him.
const key = () => `rule:${document.body.dataset.person}:${location.pathname}${location.search}`;

/** Keep what the editor holds now. */
export function keepRule() {
  const form = editor();
  if (!form) return;
  const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  sessionStorage.setItem(key(), JSON.stringify(typed));
}

export function forgetRule() {
  sessionStorage.removeItem(key());
}

function offerToDiscard() {
  const note = document.querySelector("x-automation [data-draft-note]");
  if (!note) return;
  note.hidden = false;
  note.querySelector("[data-discard-draft]").onclick = () => {
    forgetRule();
    document.body.dispatchEvent(new Event("automation-dropped"));
    location.reload();
  };
}

/** Draw the editor from what was kept of it; whether something was. */
export function bringRule() {
  const stored = sessionStorage.getItem(key());
  const form = editor();
  if (!stored || !form || form.closest("[data-changed]")) return false;
  const sent = document.createElement("form");
  for (const [name, value] of JSON.parse(stored)) sent.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  sent.hidden = true;
  document.body.append(sent);
  const draw = { source: sent, target: "#automation", select: "#automation", swap: "outerMorph" };
  htmx.ajax("POST", `${form.getAttribute("hx-post")}?op=redraw`, draw).finally(() => sent.remove());
  offerToDiscard();
  return true;
}
