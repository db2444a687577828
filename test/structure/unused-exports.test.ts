import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { readSources } from "./source-files.js";
import { unusedExports } from "./unused-exports.js";

it("finds what no other file names, through lists, aliases and files that hand others on", () => {
  const files = {
    "a/index.ts": 'export * from "./b.js";\nexport { c } from "./c.js";',
    "a/b.ts": "export const used = 1;\nexport interface Unused {}\nexport async function also() {}",
    "a/c.ts": "export const c = 1;\nexport class Lonely {}",
    "a/worker.ts": "export const entry = 1;",
    "d.ts":
      'import {\n  used as mine,\n  type also,\n} from "./a/index.js";\nnew URL("./a/worker.js", import.meta.url);',
  };
  const texts = Object.entries(files).map(([path, text]) => ({ path, text }));
  expect(unusedExports(texts)).toEqual(["a/b.ts Unused", "a/c.ts Lonely"]);
});

/** Asked for by name where no import is: by the test runner, by the package's build, and by the type of what is exported beside it. */
const askedOtherwise = [
  "services/runtime/signing-keys.ts SigningKeyFile",
  "test/browser/shared-maskwire.ts setup",
  "test/end-to-end/shared-maskwire.ts setup",
  "web-client/local/browser-decoding.ts browserDecoding",
  "web-client/local/runtime-files-of-programs.ts runtimeFiles",
];

it("finds none in the project", async () => {
  const sources = await readSources(projectRoot);
  const texts = sources.map(({ path }) => ({ path, text: readFileSync(join(projectRoot, path), "utf8") }));
  expect(unusedExports(texts).sort()).toEqual(askedOtherwise);
});
