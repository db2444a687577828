import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { otherVariables, variables } from "../../services/maskwire/settings.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { codeBlocksOf } from "../support/code-blocks.js";
import { isRun, readDocuments } from "../support/documents.js";

const documents = readDocuments();
const read = (path: string) => readFileSync(join(projectRoot, path), "utf8");

/*
 * Every block of code of README and of the documentation is run: by test/end-to-end/documents.test.ts where nothing else is said, or by
 * the test that the comment before it names. One that is not says why: `<!-- not run: needs a cluster -->`.
 */

/** What is wrong with a block, if anything. */
function faultOf(path: string, { language, code, note }: (typeof documents)[number]["blocks"][number]) {
  if (note === undefined) {
    if (isRun({ line: 0, language, code, note })) return undefined;
    if (language !== "json") return "is neither run nor says why not";
    try {
      JSON.parse(code);
      return undefined;
    } catch {
      return "is no JSON";
    }
  }
  const [, kind, what = ""] = /^(not run|run by): (.+)$/s.exec(note) ?? [];
  if (kind === "not run") return what.length > 8 ? undefined : "does not say why it is not run";
  if (kind !== "run by") return "has a comment that says neither `not run:` nor `run by:`";
  const [test = ""] = what.split(/[,\s]/);
  if (!existsSync(join(projectRoot, test))) return `is said to be run by ${test}, which there is not`;
  return read(test).includes(basename(path)) ? undefined : `is said to be run by ${test}, which does not read it`;
}

describe.each(documents)("$path", ({ path, text, blocks }) => {
  it("has no block of code that is neither run nor says why", () => {
    const faults = blocks.flatMap((block) => {
      const fault = faultOf(path, block);
      return fault === undefined ? [] : [`${path}:${block.line} ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  it("names no setting that there is not", () => {
    const named = new Set([...text.matchAll(/MASKWIRE_[A-Z_]*[A-Z](?!_?\*)/g)].map(([name]) => name));
    const known = new Set([...Object.keys(variables), ...otherVariables]);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });
});

it("most of all blocks are run", () => {
  const all = documents.flatMap(({ blocks }) => blocks);
  const unrun = all.filter(({ note }) => note?.startsWith("not run"));
  expect(all.length).toBeGreaterThan(40);
  expect(unrun.length).toBeLessThan(all.length / 2);
});

it("tells what is wrong with a block", () => {
  const faults = (text: string) => codeBlocksOf(text).map((block) => faultOf("README.md", block));
  expect(faults("```sh\nls\n```")).toEqual([undefined]);
  expect(faults("```yaml\na: 1\n```")).toEqual(["is neither run nor says why not"]);
  expect(faults("text\n\n    ls\n")).toEqual(["is neither run nor says why not"]);
  expect(faults("<!-- not run: needs a cluster -->\n\n    ls\n")).toEqual([undefined]);
  expect(faults("<!-- not run: -->\n\n```sh\nls\n```")[0]).toContain("neither `not run:`");
  expect(faults("<!-- run by: test/none.test.ts -->\n\n```sh\nls\n```")[0]).toContain("which there is not");
  expect(faults("<!-- run by: vitest.config.ts -->\n\n```sh\nls\n```")[0]).toContain("does not read it");
  expect(faults("```json\n{,}\n```")).toEqual(["is no JSON"]);
});

it("models of one's own are of the published form", () => {
  const blocks = documents.find(({ path }) => path.endsWith("docs/models.md"))?.blocks.filter(isJson) ?? [];
  expect(blocks).toHaveLength(2);
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    JSON.parse(read("models/manifest.schema.json")) as object,
  );
  for (const { code } of blocks) {
    validate(JSON.parse(code.replaceAll('"..."', `"${"0".repeat(64)}"`)));
    expect(validate.errors).toBeNull();
  }
});

const isJson = ({ language }: { readonly language: string }) => language === "json";
