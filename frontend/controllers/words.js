// The texts of scripts, written by the server into the page in the reader's language.
const texts = JSON.parse(document.getElementById("words")?.textContent || "{}");

/** The text of a key with `{name}` replaced; the key itself when there is none. */
export function word(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Tell screen readers something that is seen elsewhere on the screen. */
export function announce(text) {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
}
