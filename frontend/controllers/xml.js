// XML files as texts: each is decoded as it says itself, since a browser takes what it fetches for UTF-8.
import { ownHeaders } from "./shared.js";

const declared = /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/;
const marks = { "255 254": "utf-16le", "254 255": "utf-16be" };

function encodingOf(bytes) {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  return marks[bytes.subarray(0, 2).join(" ")] ?? start.match(declared)?.[1] ?? "utf-8";
}

/** The text of an XML file; an encoding that no browser knows is read as UTF-8. */
export function decoded(bytes) {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** The text of the XML file at an address. */
export async function fetchXml(url) {
  const response = await fetch(url, { headers: ownHeaders() });
  if (!response.ok) throw Object.assign(new Error(`Status ${response.status}`), { status: response.status });
  return decoded(new Uint8Array(await response.arrayBuffer()));
}
