import { decodeRle, rleToBitmap } from "../../../../proto/index.js";
import type { Found, FoundObject, FoundPicture, Mask, Problem } from "../types.js";

interface AllFound {
  readonly pictures: FoundPicture[];
  readonly objects: FoundObject[];
  readonly problems: Problem[];
}

/** Everything that a reader finds. @throws Error when it breaks the rules that all of them keep. */
export async function allOf(found: AsyncIterable<Found>): Promise<AllFound> {
  const all: AllFound = { pictures: [], objects: [], problems: [] };
  const names = new Set<string>();
  const ids = new Set<string>();
  for await (const one of found) {
    if (one.kind === "picture") {
      if (names.has(one.name)) throw new Error(`two pictures are called ${one.name}`);
      names.add(one.name);
      all.pictures.push(one);
    } else if (one.kind === "object") {
      if (!names.has(one.picture)) throw new Error(`an object comes before its picture ${one.picture}`);
      const id = JSON.stringify([one.file, one.sourceId]);
      if (ids.has(id)) throw new Error(`two objects are called ${id}`);
      ids.add(id);
      all.objects.push(one);
    } else all.problems.push(one);
  }
  return all;
}

/** A mask as rows of `#` and `.`. */
export function drawn({ size, counts }: Mask): string[] {
  const [height = 0, width = 0] = size;
  const bitmap = rleToBitmap(decodeRle({ size, counts }));
  return Array.from({ length: height }, (_, y) =>
    Array.from(bitmap.subarray(y * width, (y + 1) * width), (pixel) => (pixel === 1 ? "#" : ".")).join(""),
  );
}
