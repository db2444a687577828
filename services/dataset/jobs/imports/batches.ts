import type { Found, FoundObject, FoundPicture, Problem } from "../../formats/types.js";

/** What is written in one transaction. */
export interface FoundBatch {
  readonly pictures: FoundPicture[];
  readonly objects: FoundObject[];
  readonly problems: Problem[];
}

interface BatchSize {
  readonly pictures: number;
  readonly objects: number;
  readonly problems: number;
  /** Of masks and attributes, which may be few and huge. */
  readonly characters: number;
}

const usualSize: BatchSize = { pictures: 16, objects: 1000, problems: 100, characters: 8 * 2 ** 20 };

/** In the order in which they are found: a picture comes no later than its objects. */
export async function* batches(all: AsyncIterable<Found>, most: BatchSize = usualSize): AsyncGenerator<FoundBatch> {
  const empty = (): FoundBatch => ({ pictures: [], objects: [], problems: [] });
  let batch = empty();
  let characters = 0;
  for await (const found of all) {
    if (found.kind === "picture") batch.pictures.push(found);
    else if (found.kind === "object") batch.objects.push(found);
    else batch.problems.push(found);
    characters += charactersOf(found);
    const { pictures, objects, problems } = batch;
    const isFull =
      pictures.length >= most.pictures ||
      objects.length >= most.objects ||
      problems.length >= most.problems ||
      characters >= most.characters;
    if (!isFull) continue;
    yield batch;
    batch = empty();
    characters = 0;
  }
  if (batch.pictures.length + batch.objects.length + batch.problems.length > 0) yield batch;
}

function charactersOf(found: Found): number {
  if (found.kind === "problem") return found.reason.length;
  let characters = found.kind === "object" ? found.rle.counts.length : 0;
  for (const [name, value] of Object.entries(found.attributes)) characters += name.length + value.length;
  return characters;
}
