// Live updates: one stream per browser. The tab that holds the lock listens, the others hear it from that tab.
import { htmx } from "./pages.js";
import { isTyped } from "./drafts.js";
import { announce, word } from "./words.js";
import { toast } from "./toasts.js";

const KINDS = ["notification", "record-changed", "list-changed", "job-progress", "missed"];
const LATELY = 60_000;
const url = document.body.dataset.live;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("entente-live") : null;
const waiting = new Set();
const recent = []; // what the listening tab heard lately, for tabs that open meanwhile

function isBusy(element) {
  const focused = document.activeElement;
  const typed = [...element.querySelectorAll("form[data-draft]")].some((form) => isTyped(form) || form.contains(focused));
  return typed || Boolean(element.querySelector(".cell-editor")) || Boolean(focused?.closest(".menu:popover-open"));
}

// Where somebody writes, the parts in which he does not are refreshed at once, the rest when he is done.
function refresh(element) {
  if (!isBusy(element)) return htmx.trigger(element, "live");
  waiting.add(element);
  for (const part of element.querySelectorAll("[data-live-part]")) if (!isBusy(part)) htmx.trigger(part, "live-part");
}

function refreshAll(name) {
  document.querySelectorAll(name ? `[data-live-on~="${CSS.escape(name)}"]` : "[data-live-on]").forEach(refresh);
}

// Someone else saved the record that this person is editing: say so, touch nothing.
function warnEditor({ entity, id, version, by }) {
  for (const form of document.querySelectorAll(`form[data-record="${CSS.escape(`${entity}:${id}`)}"]`)) {
    if (!(version > Number(form.dataset.version)) || form.classList.contains("htmx-request")) continue;
    const place = form.querySelector("[data-changed]");
    if (!place) continue;
    place.hidden = false;
    place.querySelector("[data-changed-text]").textContent = word("changed_by", { name: by ?? "" });
    announce(word("changed_by", { name: by ?? "" }));
  }
}

const react = {
  notification(data) {
    for (const [key, count] of Object.entries(data.counts ?? {})) {
      for (const badge of document.querySelectorAll(`[data-count="${CSS.escape(key)}"]`)) badge.textContent = count || "";
    }
    if (data.text && document.visibilityState === "visible") toast(data.text, "", data.id);
    refreshAll("notification");
  },
  "record-changed"(data) {
    refreshAll(`${data.entity}:${data.id}`);
    setTimeout(() => warnEditor(data), 400); // our own save answers first
  },
  "list-changed"(data) {
    refreshAll(data.entity);
  },
  "job-progress"(data) {
    refreshAll(`job:${data.id}`);
  },
  missed: () => refreshAll(),
};

function hear({ data: { kind, data, since, to = performance.timeOrigin } }) {
  if (since) for (const each of recent) if (each.at > since && each.data.text === undefined) channel.postMessage({ ...each, to: since });
  if (kind && to === performance.timeOrigin) react[kind](data);
}

function listen(release) {
  const stream = new EventSource(`${url}?age=${Math.round(Date.now() - performance.timeOrigin)}`);
  let again = false; // after a break nobody knows what was missed
  stream.addEventListener("open", () => {
    if (again) refreshAll();
    again = true;
  });
  for (const kind of KINDS) {
    stream.addEventListener(kind, (event) => {
      const heard = { kind, data: JSON.parse(event.data), at: Date.now() };
      while (recent[0]?.at < heard.at - LATELY) recent.shift();
      recent.push(heard);
      channel?.postMessage(heard);
      hear({ data: heard });
    });
  }
  addEventListener("pagehide", () => {
    stream.close();
    release();
  });
}

function start() {
  channel?.addEventListener("message", hear);
  channel?.postMessage({ since: performance.timeOrigin });
  if (navigator.locks) navigator.locks.request("entente-live", () => new Promise(listen));
  else listen(() => undefined);
}

// What comes back while someone has begun to type in the same place waits too.
document.addEventListener("htmx:before:swap", (event) => {
  const { sourceElement, target } = event.detail.ctx;
  if (sourceElement !== target || !target.dataset?.liveOn || !isBusy(target)) return;
  event.preventDefault();
  waiting.add(target);
});

document.addEventListener("htmx:after:swap", () => {
  for (const element of waiting) {
    if (element.isConnected && isBusy(element)) continue;
    waiting.delete(element);
    if (element.isConnected) htmx.trigger(element, "live");
  }
});

// A page from the back/forward cache lost its stream: it starts anew.
addEventListener("pageshow", (event) => event.persisted && url && start());
if (url) start();
