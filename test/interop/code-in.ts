import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";

/**
 * A block of code of a document of ours.
 * @param names what it names, where the document has several of the language.
 */
export async function codeIn(document: string, language: string, names: string): Promise<string> {
  const text = await readFile(join(projectRoot, document), "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(
    ([, of, code]) => of === language && code?.includes(names),
  );
  const [block] = blocks;
  if (blocks.length !== 1 || block?.[2] === undefined)
    throw new Error(`${document} has ${blocks.length} blocks in ${language} with ${names}.`);
  return block[2];
}
