// Runs the shared vectors through `feelin`, the engine of the browser: prints each that gives another value.
// An argument names a file of [{context, expression, expected}]; without it, expressions.json beside this script.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { evaluate } = await import(pathToFileURL(require.resolve("feelin")).href);
const file = process.argv[2] ?? new URL("expressions.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8"));
const plain = (value) => JSON.stringify(value ?? null, (_, inner) => inner ?? null);

let wrong = 0;
for (const { context, expression, expected } of vectors) {
  let found;
  try {
    const result = evaluate(expression, context);
    found = plain(result !== null && typeof result === "object" && "value" in result ? result.value : result);
  } catch (fault) {
    found = `fault: ${fault.message}`;
  }
  if (found !== plain(expected)) {
    wrong += 1;
    console.log(`${expression}: ${found}, expected ${plain(expected)}`);
  }
}
console.log(`${vectors.length - wrong} of ${vectors.length} agree`);
process.exit(wrong ? 1 : 0);
