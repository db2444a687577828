import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CreateDatasetRequestSchema,
  encodeRle,
  type ObjectChangeSchema,
  SaveObjectsRequestSchema,
} from "../../../proto/index.js";
import type { Database } from "../database/database.js";
import { Objects } from "../objects/objects.js";
import type { NewPicture } from "../pictures/add-picture.js";
import { Pictures } from "../pictures/pictures.js";
import { Sets } from "../sets/sets.js";
import type { Who } from "../who.js";

export const anna: Who = { tenant: undefined, person: "anna" };
export const ben: Who = { tenant: undefined, person: "ben" };
export const stranger: Who = { tenant: "others", person: "anna" };

/** Small pictures, so that a test can say its masks. */
const side = 8;

/** A mask of whole columns. */
export const columns = (from: number, to: number) =>
  encodeRle({
    height: side,
    width: side,
    runs: Uint32Array.from(
      [from * side, (to - from) * side, (side - to) * side].filter((run, at) => run > 0 || at === 0),
    ),
  });

export const newPicture = (name: string, more: Partial<NewPicture> = {}): NewPicture => ({
  imageId: `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64)}`,
  width: side,
  height: side,
  bytes: 100,
  mediaType: "image/png",
  name,
  split: "",
  attributes: {},
  ...more,
});

/** A set "cells" with the labels cell (1) and nucleus (2). @returns its pictures' ids, in order. */
export async function makeSet(database: Database, names: readonly string[] = [], who = anna): Promise<bigint[]> {
  await new Sets(database).create(
    who,
    create(CreateDatasetRequestSchema, { name: "cells", labels: [{ name: "cell" }, { name: "nucleus" }] }),
  );
  const pictures = new Pictures(database);
  const ids: bigint[] = [];
  for (const name of names) ids.push((await pictures.add(who, "cells", newPicture(name))).id as bigint);
  return ids;
}

type ChangeInit = MessageInitShape<typeof ObjectChangeSchema>;
let keys = 0;

/** Saves changes in "cells", each with a key of its own unless it has one. */
export const save = (database: Database, who: Who, ...changes: ChangeInit[]) =>
  new Objects(database).save(
    who,
    create(SaveObjectsRequestSchema, {
      dataset: "cells",
      changes: changes.map((change) => ({ key: `k${++keys}`, ...change })) as ChangeInit[],
    }),
  );

/** Makes objects of a picture, one a mask. @returns their ids. */
export async function makeObjects(
  database: Database,
  who: Who,
  picture: bigint,
  masks: readonly ReturnType<typeof columns>[],
  more: Record<string, unknown> = {},
): Promise<bigint[]> {
  const changes = masks.map((rle) => ({ change: { case: "create" as const, value: { picture, rle, ...more } } }));
  const { saved = [] } = await save(database, who, ...changes);
  return saved.map(({ object, problem }) => {
    if (problem !== "" || object?.id === undefined) throw new Error(problem);
    return object.id;
  });
}
