// The texts of the diagram library in the reader's language: those that the page knows, else its own English.
import { word } from "./words.js";

const key = (text) => `diagram.${text.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "")}`;

function translate(text, values = {}) {
  const found = word(key(text));
  const said = found === key(text) ? text : found;
  return said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A module of the diagram library that replaces its texts. */
export const translation = { translate: ["value", translate] };
