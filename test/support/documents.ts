import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";
import { pages } from "../../web-client/docs/build/contents.js";
import { type CodeBlock, codeBlocksOf } from "./code-blocks.js";

/** A document that people read, with its blocks of code. */
export interface Document {
  /** Its path in the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
}

/** README and all pages of the documentation. */
export function readDocuments(): Document[] {
  return ["README.md", ...pages.map(({ source }) => source)].map((path) => {
    const text = readFileSync(join(projectRoot, path), "utf8");
    return { path, text, blocks: codeBlocksOf(text) };
  });
}

/** Languages whose blocks `test/end-to-end/documents.test.ts` runs. */
const run = ["sh", "js", "python"];

/** Whether a block is run as it stands: one with a note says why it is not, or which other test does it. */
export const isRun = ({ language, note }: CodeBlock) => note === undefined && run.includes(language);
