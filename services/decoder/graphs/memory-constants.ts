import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ModelFileError } from "../../inference/models/model-file.js";
import { type MemoryConstants, temporalEncodings } from "../../sam/track/memory/constants.js";

type Nested = number | Nested[];

/** Numbers in lists of any depth, row by row. */
const numbers: z.ZodType<Nested> = z.lazy(() => z.union([z.number(), z.array(numbers)]));

/** As they are called in Meta's checkpoint. */
const form = z.object({
  maskmem_tpos_enc: numbers,
  no_mem_embed: numbers,
  no_obj_ptr: numbers,
  no_obj_embed_spatial: numbers.optional(),
  "obj_ptr_tpos_proj.weight": numbers.optional(),
  "obj_ptr_tpos_proj.bias": numbers.optional(),
});

/** @param path of a verified file. @param channels of a cell's features. @throws ModelFileError that names the file and what is wrong in it. */
export async function readMemoryConstants(path: string, channels: number): Promise<MemoryConstants> {
  const wrong = (what: string) => new ModelFileError(`The memory's constants in ${path} cannot be used: ${what}.`);
  let data: unknown;
  try {
    data = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw wrong(`they are no JSON (${(cause as Error).message})`);
  }
  const parsed = form.safeParse(data);
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error));
  const given = parsed.data;
  const values = (name: keyof typeof given, count: number): Float32Array => {
    const all = Float32Array.from(flat(given[name] ?? []));
    if (all.length !== count) throw wrong(`${name} has ${all.length} numbers, not ${count}`);
    return all;
  };
  const width = flat(given.maskmem_tpos_enc).length / temporalEncodings;
  if (!(width > 0 && channels % width === 0)) {
    throw wrong(`maskmem_tpos_enc is not ${temporalEncodings} rows of a width that divides the features' ${channels}`);
  }
  const time = given["obj_ptr_tpos_proj.weight"] !== undefined || given["obj_ptr_tpos_proj.bias"] !== undefined;
  return {
    temporal: values("maskmem_tpos_enc", temporalEncodings * width),
    noMemory: values("no_mem_embed", channels),
    noObjectPointer: values("no_obj_ptr", channels),
    ...(given.no_obj_embed_spatial === undefined ? {} : { noObjectSpatial: values("no_obj_embed_spatial", width) }),
    ...(time
      ? {
          pointerTime: {
            weight: values("obj_ptr_tpos_proj.weight", channels * width),
            bias: values("obj_ptr_tpos_proj.bias", width),
          },
        }
      : {}),
  };
}

const flat = (nested: Nested): number[] => (typeof nested === "number" ? [nested] : nested.flatMap(flat));
