import { Unreadable } from "../parse/unreadable.js";
import type { Source } from "../types.js";

/** A file that is small enough. @throws Unreadable when it is not. */
export async function readWhole(source: Source, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source.open(path)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Unreadable(`The file is over ${Math.round(maxBytes / 2 ** 20)} MiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const longestLine = 2 ** 24;

/** Its lines, counted from 1, without their ends. @throws Unreadable when one is absurdly long. */
export async function* linesOf(source: Source, path: string): AsyncGenerator<[line: number, text: string]> {
  const decoder = new TextDecoder();
  let waiting = "";
  let line = 1;
  for await (const chunk of source.open(path)) {
    waiting += decoder.decode(chunk, { stream: true });
    const lines = waiting.split(/\r?\n/);
    waiting = lines.pop() ?? "";
    for (const text of lines) yield [line++, text];
    if (waiting.length > longestLine) throw new Unreadable("The file has a line that is too long.");
  }
  if (waiting !== "") yield [line, waiting.replace(/\r$/, "")];
}
