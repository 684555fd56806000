// What the rules of a form do to its fields for given values; kernel/metadata/effects.py does the same on the server.
const PASSES = 4;
const SAID = new Set(["message", "confirm"]);

function valueOf(text, values, { evaluate, user }) {
  try {
    const found = evaluate(text, { ...values, record: values, user });
    return (found !== null && typeof found === "object" && "value" in found ? found.value : found) ?? null;
  } catch {
    return null; // what this page cannot work out does nothing here: the server decides
  }
}

function setAll(rules, values, around) {
  const now = { ...values };
  const given = {};
  for (const { when, then, fields = [], value } of rules) {
    if (then !== "set" || !value || valueOf(when, now, around) !== true) continue;
    const made = valueOf(value, now, around);
    for (const name of fields) now[name] = given[name] = made;
  }
  return { now, given };
}

function look(rules, values, around) {
  const { now, given } = setAll(rules, values, around);
  const on = rules.map(({ when, then }) => then !== "set" && valueOf(when, now, around) === true);
  const meant = { show: new Set(), hide: new Set(), require: new Set(), lock: new Set(), offered: new Set() };
  const limits = {};
  rules.forEach(({ then, fields = [], options = [] }, at) => {
    if (then === "show") fields.forEach((name) => meant.offered.add(name));
    if (!on[at] || SAID.has(then)) return;
    for (const name of fields) {
      if (then === "limit") limits[name] = (limits[name] ?? options).filter((key) => options.includes(key));
      else meant[then].add(name);
    }
  });
  const hidden = new Set([...meant.hide, ...[...meant.offered].filter((name) => !meant.show.has(name))]);
  return {
    hidden: [...hidden].sort(),
    required: [...meant.require].filter((name) => !hidden.has(name)).sort(),
    locked: [...new Set([...meant.lock, ...Object.keys(given)])].sort(),
    limits,
    values: given,
    said: rules.flatMap(({ then }, at) => (on[at] && SAID.has(then) ? [at] : [])),
  };
}

/** What rules do; a field that they hide or lock counts with its value in `base`, the one that is stored. */
export function effects(rules, values, base, around) {
  let now = { ...values };
  let found = look(rules, now, around);
  for (let pass = 1; pass < PASSES; pass += 1) {
    const closed = [...found.hidden, ...found.locked].filter((name) => name in now && !(name in found.values));
    const kept = Object.fromEntries(closed.map((name) => [name, base[name] ?? null]));
    const settled = { ...now, ...kept, ...found.values };
    if (JSON.stringify(settled) === JSON.stringify(now)) break;
    now = settled;
    found = look(rules, now, around);
  }
  return found;
}
