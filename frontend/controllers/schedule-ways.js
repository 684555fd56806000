// The frequent schedules: which text each stands for, and what a person says of it.
const two = (figure) => String(figure).padStart(2, "0");
const clock = (minute, hour) => `${two(hour)}:${two(minute)}`;
const cronClock = ({ time }) => (/^\d+:\d+$/.test(time) ? time.split(":").reverse().map(Number).join(" ") : "");
const whole = (text) => (/^[1-9]\d*$/.test(text) ? text : "");
const within = (text, most) => (/^\d+$/.test(text) && Number(text) <= most ? String(Number(text)) : "");

// Nothing as soon as a part is missing: what is half said is no schedule.
const joined = (...parts) => (parts.every(Boolean) ? parts.join("") : "");
const daily = (name, end, pattern) => ({
  name,
  parts: ["time"],
  pattern,
  read: ([, minute, hour]) => ({ time: clock(minute, hour) }),
  write: (at) => joined(cronClock(at), ` ${end}`),
});

const cron = [
  daily("workdays", "* * 1-5", /^(\d+) (\d+) \* \* 1-5$/),
  daily("daily", "* * *", /^(\d+) (\d+) \* \* \*$/),
  {
    name: "weekly",
    parts: ["days", "time"],
    pattern: /^(\d+) (\d+) \* \* ([0-7](?:,[0-7])*)$/,
    read: ([, minute, hour, days]) => ({ time: clock(minute, hour), days: days.replaceAll("7", "0").split(",") }),
    write: (at) => joined(cronClock(at), " * * ", at.days.join(",")),
  },
  {
    name: "monthly",
    parts: ["day", "time"],
    pattern: /^(\d+) (\d+) (\d+) \* \*$/,
    read: ([, minute, hour, day]) => ({ time: clock(minute, hour), day }),
    write: (at) => joined(cronClock(at), " ", within(at.day, 31), " * *"),
  },
  daily("month_end", "L * *", /^(\d+) (\d+) [lL] \* \*$/),
  {
    name: "hourly",
    parts: ["minute"],
    pattern: /^(\d+) \* \* \* \*$/,
    read: ([, minute]) => ({ minute }),
    write: ({ minute }) => joined(within(minute, 59), " * * * *"),
  },
  {
    name: "hours",
    parts: ["hours", "minute"],
    pattern: /^(\d+) \*\/(\d+) \* \* \*$/,
    read: ([, minute, hours]) => ({ minute, hours }),
    write: ({ minute, hours }) => joined(within(minute, 59), " */", whole(within(hours, 23)), " * * *"),
  },
];

const minutes = {
  name: "minutes",
  parts: ["minutes"],
  pattern: /^\*\/(\d+) \* \* \* \*$/,
  read: ([, step]) => ({ minutes: step }),
  write: (at) => joined("*/", whole(within(at.minutes, 59)), " * * * *"),
};

const length = (at) => joined("P", at.unit.startsWith("T") ? "T" : " ", whole(at.step), at.unit.slice(-1)).replace(" ", "");
const after = {
  name: "after",
  parts: ["length", "unit"],
  pattern: /^P(T?)(\d+)([MHDW])$/,
  read: ([, time, step, unit]) => ({ step, unit: time + unit }),
  write: length,
};

const turns = {
  name: "turns",
  parts: ["step", "unit", "first", "times"],
  pattern: /^R(\d*)\/(?:([^/P]+)\/)?P(T?)(\d+)([MHDW])$/,
  read: ([, times, first = "", time, step, unit]) => ({ times, first: first && local(first), step, unit: time + unit }),
  write: (at) => joined("R", whole(at.times) || " ", "/", at.first ? `${universal(at.first)}/` : " ", length(at)).replaceAll(" ", ""),
};

// Those of a task: counted from its creation or to its due moment, in hours that may be worked ones.
const none = (name) => ({ name, parts: [], pattern: /^$/, read: () => ({}), write: () => "" });
const shortUnits = ["TM", "TH", "D"];
const span = (name, before = "", parts = ["count", "unit"], units = shortUnits) => ({
  name,
  parts,
  units,
  pattern: new RegExp(`^${before.replace("+", "[+]")}P(T?)(\\d+)([MHDW])$`),
  read: (found) => (units.includes(found[1] + found[3]) ? after.read(found) : null),
  write: (at) => joined(before || " ", length(at)).trim(),
});
const atDue = { name: "at_due", parts: [], pattern: /^due$/, read: () => ({}), write: () => "due" };

const moment = {
  name: "moment",
  parts: ["moment"],
  pattern: /^(\d{4}-\d\d-\d\dT\d\d:\d\d.*)$/,
  read: ([text]) => ({ moment: local(text) }),
  write: (at) => at.moment && universal(at.moment),
};

function local(text) {
  const at = new Date(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(at.valueOf()) ? "" : new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

const universal = (text) => new Date(text).toISOString().replace(/\.\d+/, "");

const ofTasks = {
  due: [none("none"), span("after_start", "", ["count", "unit"], ["TM", "TH", "D", "W", "M"]), moment],
  idle: [none("never"), span("left_alone")],
  escalation: [span("after_start"), span("before_due", "due-"), atDue, span("after_due", "due+"), moment],
  every: [none("once"), span("again")],
};

/** The ways of each kind of schedule, the most frequent first. */
export const ways = { cron: [...cron, minutes], timeDuration: [after], timeDate: [moment], timeCycle: [turns, ...cron], ...ofTasks };

/** What a way says before anybody chose. */
export const usual = { time: "08:00", days: ["1"], day: "1", minute: "0", minutes: "15", hours: "2", step: "", unit: "D", first: "", times: "", moment: "" };

/** The way that a text is written in with what it says; nothing when it is none of them. */
export function wayOf(kind, text) {
  for (const way of ways[kind]) {
    const found = way.pattern.exec(text.trim());
    const said = found && way.read(found);
    if (said) return { way, said };
  }
  return null;
}
