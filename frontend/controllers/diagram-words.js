// The texts of the diagram library and of our modeler, which the page brings along in the reader's language.
const texts = JSON.parse(document.getElementById("diagram-words")?.textContent || "{}");

/** The text of a key with `{name}` replaced; the last resort is given, else the key itself. */
export function said(key, values = {}, otherwise = key) {
  return (texts[key] ?? otherwise).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function translate(text, values = {}) {
  const key = text.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "");
  return said(`diagram.${key}`, values, text);
}

/** A module of the diagram library that replaces its texts. */
export const translation = { translate: ["value", translate] };
