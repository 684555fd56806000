// The picker of schedules beside the text that is kept: frequent ones in words, and when the server reckons they are due.
import "../styles/schedule.css";
import { make } from "./modeler-cards.js";
import { usual, wayOf, ways } from "./schedule-ways.js";
import { debounce, ownHeaders } from "./shared.js";

const pause = 250; // milliseconds without a change before the server is asked
const units = ["TM", "TH", "D", "W", "M"];
const week = ["1", "2", "3", "4", "5", "6", "0"];
const longest = { day: 31, minute: 59, minutes: 59, hours: 23 };
const types = { time: "time", moment: "datetime-local", first: "datetime-local" };
const named = { minutes: "step", hours: "step", length: "length" };
const texts = JSON.parse(document.getElementById("schedule-words")?.textContent || "{}");
const say = (key) => texts[key] ?? key;

class Picker {
  constructor(input, kind, more) {
    Object.assign(this, { input, kind, more, id: `${input.id}-picker` });
    const found = wayOf(kind, input.value);
    this.way = found?.way ?? (input.value.trim() ? null : ways[kind][0]);
    this.values = { ...usual, ...found?.said };
    this.label = input.closest(".field")?.querySelector("label");
    this.place = make("div", { className: "schedule" });
    this.runs = make("div", { className: "schedule-runs", role: "status" });
    input.before(this.place);
    input.after(this.runs);
    input.ariaLabel = say("part.text");
    for (const name of ["change", "again"]) input.addEventListener(name, () => this.ask());
    this.askSoon = debounce(() => this.ask(), pause);
    this.draw();
    this.ask();
  }

  draw() {
    const chosen = this.way?.name ?? "text";
    const options = [...ways[this.kind].map(({ name }) => [name, say(`way.${name}`)]), ["text", say(this.kind === "cron" ? "way.cron" : this.kind === "idle" || this.kind === "every" ? "way.duration" : "way.timer")]];
    const select = make("select", { className: "select", id: this.id }, ...options.map(([value, textContent]) => make("option", { value, textContent, selected: value === chosen })));
    select.addEventListener("change", (event) => this.choose(event, select.value));
    if (this.label) this.label.htmlFor = this.id;
    else select.ariaLabel = say("often");
    const parts = (this.way?.parts ?? []).map((name) => this.part(name));
    this.place.replaceChildren(select, ...parts);
    this.input.hidden = this.way !== null;
  }

  choose(event, name) {
    event.stopPropagation();
    this.way = ways[this.kind].find((way) => way.name === name) ?? null;
    this.draw();
    this.place.querySelector("select").focus();
    this.write();
  }

  part(name) {
    if (name === "days") return this.days();
    if (name === "unit") return this.unit();
    const key = { length: "step", count: "step" }[name] ?? name;
    const type = types[name] ?? "number";
    const made = make("input", { className: "input", type, value: this.values[key], ...(type === "number" ? { min: ["minute"].includes(name) ? 0 : 1, max: longest[name] ?? "", inputMode: "numeric" } : {}) });
    made.dataset.part = name;
    made.addEventListener("input", () => this.put(key, made.value));
    if (name === "count") return Object.assign(made, { ariaLabel: say("part.count") });
    const text = make("span", { textContent: say(`part.${named[name] ?? name}`) });
    const tail = { minutes: say("unit.TM"), hours: say("unit.TH") }[name];
    const order = name === "times" ? [made, text] : [text, made, tail && make("span", { textContent: tail })];
    return make("label", {}, ...order);
  }

  unit() {
    const made = make("select", { className: "select", ariaLabel: say("part.unit") }, ...(this.way.units ?? units).map((value) => make("option", { value, textContent: say(`unit.${value}`), selected: value === this.values.unit })));
    made.dataset.part = "unit";
    made.addEventListener("change", () => this.put("unit", made.value));
    return made;
  }

  days() {
    const boxes = week.map((value) => {
      const box = make("input", { type: "checkbox", className: "checkbox", value, checked: this.values.days.includes(value) });
      return make("label", { className: "choice-line" }, box, say(`day.${value}`));
    });
    const group = make("fieldset", { className: "schedule-days" }, make("legend", { className: "visually-hidden", textContent: say("part.days") }), ...boxes);
    group.addEventListener("change", () => this.put("days", [...group.querySelectorAll(":checked")].map(({ value }) => value)));
    return group;
  }

  put(name, value) {
    this.values[name] = value;
    this.write();
  }

  write() {
    if (!this.way) return this.ask();
    this.input.value = this.way.write(this.values);
    for (const name of ["input", "change"]) this.input.dispatchEvent(new Event(name, { bubbles: true }));
  }

  async ask() {
    const text = this.input.value.trim();
    const note = !text && this.way?.name === "weekly" ? say("choose_day") : this.way?.name === "monthly" && Number(this.values.day) > 28 ? say("long_month") : "";
    const query = new URLSearchParams({ kind: this.kind, text, ...this.more() });
    const answer = text && (await fetch(`/schedules/next?${query}`, { headers: ownHeaders() }).catch(() => null));
    if (this.input.value.trim() !== text) return;
    this.runs.innerHTML = answer?.ok ? await answer.text() : "";
    if (note) this.runs.prepend(make("p", { className: "small text-2", textContent: note }));
  }
}

/** Put the picker around an input that holds a schedule of a kind; once, however often it is asked for.
    `more()` is what the server should know besides: whose rule it is, the calendar of a task. */
export function pickSchedule(input, kind, more = () => ({})) {
  if (input.previousElementSibling?.matches(".schedule")) return;
  if (input.nextElementSibling?.matches(".schedule-runs")) input.nextElementSibling.remove();
  new Picker(input, kind, more);
}
