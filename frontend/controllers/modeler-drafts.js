// A model that is not saved yet is kept in this tab: neither a reload nor the end of a session loses it.
const PREFIX = "model:";

/** Keep what a model is now; nothing when the tab has no room for it. */
export function keep(model, xml) {
  try {
    sessionStorage.setItem(PREFIX + model, xml);
  } catch {
    forget(model);
  }
}

/** What was kept of a model and never saved, else null. */
export function recall(model) {
  return sessionStorage.getItem(PREFIX + model);
}

export function forget(model) {
  sessionStorage.removeItem(PREFIX + model);
}
