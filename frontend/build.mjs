// Bundles controllers, islands and styles with hashed names, and the icon sprites, into the Python package.
import { build } from "esbuild";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { pickerSprite, usedSprite } from "./icons/sprites.mjs";

const here = import.meta.dirname;
const source = path.join(here, "../src/entente");
const out = path.join(source, "interfaces/html/static/dist");
const budgets = { "core.js": 20, "app.css": 12, "portal.js": 6, "portal.css": 8 }; // kilobytes, gzipped

const islands = fs.readdirSync(path.join(here, "islands")).filter((file) => file.endsWith(".js"));
const entryPoints = {
  core: path.join(here, "core.js"),
  app: path.join(here, "styles/app.css"),
  assignment: path.join(here, "styles/assignment.css"), // asked for by its page
  portal: path.join(here, "portal.js"),
  "portal-style": path.join(here, "styles/portal-page.css"),
  ...Object.fromEntries(islands.map((file) => [path.basename(file, ".js"), path.join(here, "islands", file)])),
};

fs.rmSync(out, { recursive: true, force: true });
const result = await build({
  entryPoints,
  outdir: out,
  absWorkingDir: here,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  legalComments: "linked",
  target: ["chrome123", "edge123", "firefox128", "safari17.5"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  logLevel: "warning",
});

const manifest = { assets: assetsOf(result.metafile.outputs), sprites: {} };
manifest.font = fs.readdirSync(out).find((file) => file.startsWith("inter-latin-wght"));
manifest.logo = write("logo", fs.readFileSync(path.join(here, "icons/logo.svg"), "utf8"));
for (const [name, sprite] of Object.entries({ used: usedSprite(source, here), picker: pickerSprite(here) })) {
  manifest.sprites[name] = { file: write(name, sprite.svg), names: sprite.names };
}
fs.writeFileSync(path.join(out, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
compress();
checkBudgets();

function write(name, svg) {
  const file = `${name}-${crypto.createHash("sha256").update(svg).digest("hex").slice(0, 8)}.svg`;
  fs.writeFileSync(path.join(out, file), svg);
  return file;
}

function assetsOf(outputs) {
  const assets = {};
  for (const [file, output] of Object.entries(outputs)) {
    if (!output.entryPoint) continue;
    const name = path.basename(file).replace(/-[A-Z0-9]{8}\.(js|css)$/, "");
    const kind = file.endsWith(".css") ? "css" : "js";
    assets[name] = { ...assets[name], [kind]: path.basename(file) };
    if (output.cssBundle) assets[name].css = path.basename(output.cssBundle);
    const chunks = output.imports.filter((item) => item.kind === "import-statement");
    if (kind === "js") assets[name].preload = chunks.map((item) => path.basename(item.path));
  }
  return assets;
}

function compress() {
  for (const file of fs.readdirSync(out).filter((name) => /\.(js|css|svg)$/.test(name))) {
    const bytes = fs.readFileSync(path.join(out, file));
    fs.writeFileSync(path.join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
    fs.writeFileSync(path.join(out, `${file}.br`), brotliCompressSync(bytes, options));
  }
}

function checkBudgets() {
  const { core, app, portal, "portal-style": portalStyle } = manifest.assets;
  const entries = {
    "core.js": [core.js, ...core.preload],
    "app.css": [app.css],
    "portal.js": [portal.js, ...portal.preload],
    "portal.css": [portalStyle.css],
  };
  for (const [name, files] of Object.entries(entries)) {
    const size = files.reduce((sum, file) => sum + fs.statSync(path.join(out, `${file}.gz`)).size, 0) / 1024;
    console.log(`${name.padEnd(12)} ${size.toFixed(1)} of ${budgets[name]} KB`);
    if (size > budgets[name]) throw new Error(`${name} is over its budget`);
  }
}
