// Copies what the page uses of its libraries, unmodified, and writes down what was copied.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const TARGET = new URL("../../src/project/server/static/vendor/", import.meta.url);
const MODULES = new URL("node_modules/", import.meta.url);

const LIBRARIES = [
  {
    name: "htm",
    files: { "preact/standalone.module.js": "htm-preact.js", LICENSE: "htm.LICENSE" },
    holds: "Preact 10, MIT: preact.LICENSE",
  },
  { name: "preact", files: { LICENSE: "preact.LICENSE" }, holds: "only its licence is copied" },
  {
    name: "@dagrejs/dagre",
    files: { "dist/dagre.esm.js": "dagre.esm.js", LICENSE: "dagre.LICENSE", "dist/dagre.esm.js.LEGAL.txt": "dagre.esm.js.LEGAL.txt" },
    holds: "@dagrejs/graphlib, MIT: dagre.esm.js.LEGAL.txt",
  },
];

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET);
const rows = LIBRARIES.flatMap(copied);
writeFileSync(new URL("README.md", TARGET), `# Libraries of the page

Unmodified files of packages of the npm registry, copied by \`make vendor\`.

| File | Package | Version | Licence | Holds | SHA-256 |
|---|---|---|---|---|---|
${rows.join("\n")}
`);

function copied({ name, files, holds }) {
  const { version, license } = JSON.parse(readFileSync(new URL(`${name}/package.json`, MODULES)));
  return Object.entries(files).map(([from, to]) => {
    const source = new URL(`${name}/${from}`, MODULES);
    copyFileSync(source, new URL(to, TARGET));
    const digest = createHash("sha256").update(readFileSync(source)).digest("hex");
    return `| ${to} | ${name} | ${version} | ${license} | ${to.endsWith(".js") ? holds : ""} | ${digest} |`;
  });
}
