import { readAnnotations } from "../formats.js";
import { allOf, drawn } from "./found.js";
import { MemoryFiles } from "./memory-files.js";

type Options = NonNullable<Parameters<typeof readAnnotations>[1]>;

/** What a reader finds in files that were composed by hand, in short. JSON may be given as what it says. */
export async function readFiles(files: Readonly<Record<string, unknown>>, options: Options = {}, chunkBytes = 11) {
  const contents = Object.entries(files).map(([path, content]) => [path, contentOf(content)] as const);
  const memory = new MemoryFiles(Object.fromEntries(contents));
  const { pictures, objects, problems } = await allOf(readAnnotations(memory.source(chunkBytes), options));
  return {
    pictures: pictures.map(({ kind: _, ...picture }) => picture),
    objects,
    /** Label and rows, an object each. */
    drawn: objects.map(({ label, rle }) => [label, ...drawn(rle)]),
    problems: problems.map(({ file, line, reason }) => `${file}:${line} ${reason}`),
  };
}

const contentOf = (content: unknown) =>
  typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content);
