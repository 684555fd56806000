// The list below a text field (ARIA combobox): shared by lookups, mentions, the palette and the portal.

let made = 0;

/** Give every option an id and make the first (or none) the active one; returns the options. */
export function prepare(list, input, startActive = true) {
  const options = [...list.querySelectorAll("[role=option]")];
  for (const option of options) option.id ||= `option-${(made += 1)}`;
  activate(options, startActive ? options[0] : null, input);
  return options;
}

/** Mark an option as the active one. */
export function activate(options, option, input) {
  for (const other of options) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

/** The active option of a list. */
export function active(list) {
  return list.querySelector("[role=option][aria-selected=true]");
}

/** Move the active option on an arrow key; whether the key was one of ours. */
export function walk(event, list, input) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const options = [...list.querySelectorAll("[role=option]")];
  if (!step || !options.length) return false;
  event.preventDefault();
  const at = options.indexOf(active(list));
  activate(options, options.at((at + step + options.length) % options.length), input);
  return true;
}

/** Put HTML that our own server made into a list. */
export function fill(list, html) {
  list.innerHTML = html;
}
