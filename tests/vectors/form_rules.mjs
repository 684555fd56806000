// Runs form-rules.js over a file of [{rules, values, base}] and prints what the rules do, one JSON list.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { evaluate } = await import(pathToFileURL(require.resolve("feelin")).href);
const { effects } = await import(new URL("../../frontend/controllers/form-rules.js", import.meta.url));

const vectors = JSON.parse(readFileSync(process.argv[2], "utf8"));
const user = { language: "fr", name: "Nadia" };
const found = vectors.map(({ rules, values, base }) => effects(rules, values, base, { evaluate, user }));
console.log(JSON.stringify(found));
