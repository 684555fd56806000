// Two icon sprites: what our pages and metadata name, and what people may pick for their own entities.
import fs from "node:fs";
import path from "node:path";

const named = {
  ".html": /\bicon(?:=|\()\s*["']([a-z0-9-]+)["']/g,
  ".py": /\bicon=["']([a-z0-9-]+)["']/g,
  ".yaml": /\bicon:\s*["']?([a-z0-9-]+)/g,
};

/** The sprite of every icon that a template, a view or a YAML file names. */
export function usedSprite(source, frontend) {
  const names = new Set(lines(path.join(frontend, "icons/always.txt")));
  for (const file of fs.readdirSync(source, { recursive: true })) {
    const pattern = named[path.extname(file)];
    if (!pattern || file.includes("static/dist")) continue;
    for (const match of fs.readFileSync(path.join(source, file), "utf8").matchAll(pattern)) names.add(match[1]);
  }
  return sprite(frontend, names);
}

/** The sprite of the curated icons. */
export function pickerSprite(frontend) {
  return sprite(frontend, new Set(lines(path.join(frontend, "icons/picker.txt"))));
}

function sprite(frontend, wanted) {
  const names = [...wanted].sort();
  const symbols = names.map((name) => symbol(frontend, name)).join("");
  return { names, svg: `<svg xmlns="http://www.w3.org/2000/svg">${symbols}</svg>` };
}

function symbol(frontend, name) {
  const file = path.join(frontend, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
  if (!fs.existsSync(file)) throw new Error(`No icon is called "${name}"`);
  const shapes = fs
    .readFileSync(file, "utf8")
    .replace(/^[\s\S]*?<svg[\s\S]*?>/, "")
    .replace(/<path stroke="none"[^>]*>/g, "")
    .replace("</svg>", "")
    .replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
}

function lines(file) {
  return fs.readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
}
