import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { sourcePaths } from "../structure/source-files.js";

/* web-client/docs/troubleshooting.md: people search it for the sentence that they were shown. */

const page = readFileSync(join(projectRoot, "web-client", "docs", "troubleshooting.md"), "utf8");
const sentences = [...page.matchAll(/^\| ([A-Z][^|]+?) \| [^|]+ \| [^|]+ \|$/gm)].map(([, sentence = ""]) => sentence);

/** What stands between the parts of a sentence that differ. */
const fixedParts = (sentence: string) =>
  sentence
    .split("…")
    .map((part) => part.trim())
    .filter((part) => /\w/.test(part));

/** What many people meet, by where it is said: all of the sentences of these files. */
const oftenSeen = [
  "services/runtime/overload/overload-manager.ts",
  "services/runtime/limits/upload-budget.ts",
  "gateway/browsers/browser-rules.ts",
  "gateway/http/limit-requests.ts",
  "gateway/ask/image-gone-error.ts",
  "services/access/keys/api-keys.ts",
];
/** Of these, what is said so seldom, or so clearly, that it has no row. */
const seldom = ["Pages of other origins may not use this gateway"];

describe("troubleshooting by sentence", () => {
  let sources: Map<string, string>;
  beforeAll(async () => {
    const paths = (await sourcePaths(projectRoot)).filter(
      (path) => /^(services|gateway|web-client)\//.test(path) && !/\.test\.ts$|\/testing\//.test(path),
    );
    sources = new Map(paths.map((path) => [path, readFileSync(join(projectRoot, path), "utf8")]));
  });

  it("has only sentences that the program says", () => {
    expect(sentences.length).toBeGreaterThan(60);
    const texts = [...sources.values()];
    const unsaid = sentences.filter((one) => {
      const parts = fixedParts(one);
      return parts.length === 0 || !texts.some((text) => parts.every((part) => text.includes(part)));
    });
    expect(unsaid).toEqual([]);
  });

  it("has every sentence once", () => {
    expect(sentences.filter((one, index) => sentences.indexOf(one) !== index)).toEqual([]);
  });

  it.each(oftenSeen)("has those of %s", (path) => {
    const said = [...(sources.get(path) ?? "").matchAll(/["`]([A-Z][^"`]{18,}[.])["`]/g)].map(([, one = ""]) => one);
    expect(said.length).toBeGreaterThan(0);
    const asWritten = sentences.map(fixedParts);
    const missing = said
      .filter((one) => !seldom.some((begin) => one.startsWith(begin)))
      .filter((one) => !asWritten.some((parts) => parts.length > 0 && parts.every((part) => one.includes(part))));
    expect(missing).toEqual([]);
  });
});
