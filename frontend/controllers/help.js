// The sheet of keys: what is bound everywhere and what the buttons of this page add.
import { boundKeys, lettersOff, pressableElements, setLettersOff } from "./shared.js";
import { word } from "./words.js";

const shown = { Space: "key_space", Enter: "key_enter", Escape: "key_escape" };

function keyCaps(keys) {
  const caps = document.createElement("span");
  caps.className = "row";
  for (const key of keys.split(/[ +]/)) {
    const cap = document.createElement("kbd");
    cap.textContent = shown[key] ? word(shown[key]) : key.length === 1 ? key.toUpperCase() : key;
    caps.append(cap);
  }
  return caps;
}

function line(keys, text) {
  const row = document.createElement("div");
  const label = document.createElement("span");
  label.className = "grow";
  label.textContent = text;
  row.append(label, keyCaps(keys));
  return row;
}

function nameOf(element) {
  const shown = element.cloneNode(true);
  for (const cap of shown.querySelectorAll("kbd")) cap.remove();
  return element.getAttribute("aria-label") || shown.textContent.trim().replace(/\s+/g, " ");
}

/** Where `g` and a letter lead: the first place of the side bar that has the letter. */
function places() {
  const all = [...document.querySelectorAll("[data-goto]")];
  return all.filter((item) => all.find(({ dataset }) => dataset.goto === item.dataset.goto) === item);
}

/** Open the sheet of keys. */
export function open() {
  const sheet = document.getElementById("help");
  if (!sheet || sheet.open) return;
  const ofThisPage = pressableElements().map((element) => line(element.dataset.key.split(" ")[0], nameOf(element)));
  const everywhere = boundKeys().map(({ keys, wordKey }) => line(keys, word(wordKey)));
  const ways = places().map((item) => {
    return line(`g ${item.dataset.goto}`, word("go_to", { place: nameOf(item.querySelector(".grow") ?? item) }));
  });
  const columns = document.createElement("div");
  columns.className = "help-columns";
  columns.append(...everywhere, ...ofThisPage, ...ways);
  document.getElementById("help-keys").replaceChildren(columns);
  document.getElementById("letters-off").checked = lettersOff();
  sheet.showModal();
}

document.getElementById("letters-off")?.addEventListener("change", (event) => setLettersOff(event.target.checked));
