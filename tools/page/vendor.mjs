// Copies what the page uses of its libraries, unmodified, and writes down what was copied.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const TARGET = new URL("../../src/project/server/static/vendor/", import.meta.url);
const MODULES = new URL("node_modules/", import.meta.url);

const LIBRARIES = [
  { name: "htm", files: { "dist/htm.module.js": "htm.js", LICENSE: "htm.LICENSE" } },
  {
    name: "preact",
    files: { "dist/preact.module.js": "preact.js", "hooks/dist/hooks.module.js": "preact-hooks.js", LICENSE: "preact.LICENSE" },
  },
  {
    name: "@dagrejs/dagre",
    files: { "dist/dagre.esm.js": "dagre.esm.js", LICENSE: "dagre.LICENSE", "dist/dagre.esm.js.LEGAL.txt": "dagre.esm.js.LEGAL.txt" },
  },
];

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET);
const rows = LIBRARIES.flatMap(copied);
writeFileSync(new URL("README.md", TARGET), `# Libraries of the page

Unmodified files of packages of the npm registry, copied by \`make vendor\`.

| File | Package | Version | Licence | SHA-256 |
|---|---|---|---|---|
${rows.join("\n")}
`);

function copied({ name, files }) {
  const { version, license } = JSON.parse(readFileSync(new URL(`${name}/package.json`, MODULES)));
  return Object.entries(files).map(([from, to]) => {
    const source = new URL(`${name}/${from}`, MODULES);
    copyFileSync(source, new URL(to, TARGET));
    const digest = createHash("sha256").update(readFileSync(source)).digest("hex");
    return `| ${to} | ${name} | ${version} | ${license} | ${digest} |`;
  });
}
