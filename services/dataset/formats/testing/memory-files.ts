import type { Sink, Source } from "../types.js";

/** Files by path: what a writer has written is what a reader reads. */
export class MemoryFiles implements Sink {
  readonly contents = new Map<string, Buffer>();

  constructor(contents: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [path, content] of Object.entries(contents)) this.contents.set(path, Buffer.from(content));
  }

  async write(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.contents.has(path)) throw new Error(`written twice: ${path}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    this.contents.set(path, Buffer.concat(chunks));
  }

  async finish(): Promise<void> {}

  text(path: string): string {
    return this.contents.get(path)?.toString("utf8") ?? "";
  }

  /** @param chunkBytes how much of a file comes at a time. */
  source(chunkBytes = 2 ** 16): Source {
    const contents = new Map(this.contents);
    return {
      files: [...contents].map(([path, { length }]) => ({ path, bytes: length })),
      problems: [],
      async *open(path) {
        const bytes = contents.get(path);
        if (!bytes) throw new Error(`no such file: ${path}`);
        for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
      },
    };
  }
}
