// Copies what the page uses of its libraries, with types for the editor and `make lint`, and records what was copied.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const TARGET = new URL("../../src/project/server/static/vendor/", import.meta.url);
const MODULES = new URL("node_modules/", import.meta.url);

const COPIED = [
  { name: "preact", files: { LICENSE: "preact.LICENSE" } },
  { name: "htm", files: { LICENSE: "htm.LICENSE" } },
  {
    name: "@dagrejs/dagre",
    files: {
      "dist/dagre.esm.js": "dagre.esm.js",
      LICENSE: "dagre.LICENSE",
      "dist/dagre.esm.js.LEGAL.txt": "dagre.esm.js.LEGAL.txt",
    },
  },
  { name: "marked", files: { "lib/marked.esm.js": "marked.esm.js", LICENSE: "marked.LICENSE" } },
];
const TYPES = [
  { file: "html.d.ts", packages: ["preact", "htm"] },
  { file: "dagre.esm.d.ts", packages: ["@dagrejs/dagre"] },
  { file: "marked.esm.d.ts", packages: ["marked"] },
];
// A browser that opens the page for the first time asks for one file instead of four.
const JOINED = { entry: "html.js", packages: ["preact", "htm"], file: "html.js" };

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET);
const rows = [joined(JOINED), ...COPIED.flatMap(copied), ...TYPES.map(typed)];
writeFileSync(
  new URL("README.md", TARGET),
  `# Libraries of the page

Files of packages of the npm registry, put here by \`make vendor\`: unmodified, except for \`html.js\`, which joins two packages
into one module, and the \`.d.ts\` files, which name the types of the packages.

| File | Packages | Versions | Licences | SHA-256 |
|---|---|---|---|---|
${rows.join("\n")}
`,
);

function joined({ entry, packages, file }) {
  buildSync({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile: fileURLToPath(new URL(file, TARGET)),
    bundle: true,
    format: "esm",
    minify: true,
  });
  return row(file, packages);
}

function typed({ file, packages }) {
  copyFileSync(new URL(file, import.meta.url), new URL(file, TARGET));
  return row(file, packages);
}

function copied({ name, files }) {
  return Object.entries(files).map(([from, to]) => {
    copyFileSync(new URL(`${name}/${from}`, MODULES), new URL(to, TARGET));
    return row(to, [name]);
  });
}

function row(file, names) {
  const packages = names.map((name) => JSON.parse(readFileSync(new URL(`${name}/package.json`, MODULES))));
  const columns = ["name", "version", "license"].map((key) => packages.map((metadata) => metadata[key]).join(", "));
  const digest = createHash("sha256")
    .update(readFileSync(new URL(file, TARGET)))
    .digest("hex");
  return `| ${[file, ...columns, digest].join(" | ")} |`;
}
