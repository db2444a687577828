import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Kysely } from "kysely";
import {
  BoxSchema,
  decodeRle,
  type Gear,
  type Mask,
  ObjectState,
  type PictureFilter,
  PictureFilterSchema,
  type PreviousStep,
  PreviousStepSchema,
  PromptSchema,
  type Provenance,
  ProvenanceSchema,
  type Rle,
  RleSchema,
  rleIou,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../../../proto/index.js";
import type { Schema } from "../../database/schema.js";
import type { PictureFiles } from "../../files/picture-files.js";
import type { Engine, EngineCall, EngineModel } from "../engine.js";
import { isPassing, reasonOf } from "../fate.js";
import type { Job } from "../job.js";
import type { Assignment, Finish, Work } from "../work.js";
import { modelOf } from "./model.js";
import { findPicture, type PictureRow } from "./picture-row.js";

interface ReplayOptions {
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
  readonly pictures: PictureFiles;
}

/**
 * The prompts of a picture's objects once more, by another model or the present one. What an object has no prompts of is asked by the
 * point that found it, or else by its box and, of a model that starts from masks, its mask; the answer's provenance says which.
 */
export class ReplayWork implements Work {
  readonly pace = "pictures";
  readonly #options: ReplayOptions;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  filter(job: Job): PictureFilter {
    return workOf(job).filter ?? create(PictureFilterSchema);
  }

  async do({ job, item, call }: Assignment): Promise<Finish> {
    const { db, engine, pictures } = this.#options;
    const picture = await findPicture(db, job, item);
    const asked = await objectsOf(db, picture);
    const model = await modelOf(engine, workOf(job).model);
    const ref = { tenant: job.tenant, imageId: picture.imageId };
    if (asked.length > 0) await engine.encode({ ...ref, model: model.id }, () => pictures.open(ref), call);
    const replays: Replayed[] = [];
    const failures: string[] = [];
    for (const object of asked) {
      try {
        replays.push(await this.#replay(object, picture, model, call));
      } catch (error) {
        call.signal.throwIfAborted();
        // What this model cannot be asked is no reason not to ask the rest.
        if (isPassing(error)) throw error;
        failures.push(`Object ${object.id}: ${reasonOf(error)}`);
      }
    }
    return async (trx) => {
      const common = { job: job.id, picture: item };
      const rows = replays.map(({ object, iou, mask, provenance, prompts }) => ({
        ...common,
        object: object.id,
        revision: object.revision,
        iou,
        counts: mask.rle?.counts ?? "",
        x: mask.bbox?.x ?? 0,
        y: mask.bbox?.y ?? 0,
        width: mask.bbox?.width ?? 0,
        height: mask.bbox?.height ?? 0,
        area: mask.area,
        provenance: Buffer.from(toBinary(ProvenanceSchema, provenance)),
        prompts: Buffer.from(toBinary(ProvenanceSchema, create(ProvenanceSchema, { prompts: [...prompts] }))),
      }));
      if (rows.length > 0)
        await trx
          .insertInto("replays")
          .values(rows)
          .onConflict((row) => row.doNothing())
          .execute();
      const problems = failures.map((reason) => ({ job: job.id, item, file: picture.name, reason, picture: item }));
      if (problems.length > 0) await trx.insertInto("job_problems").values(problems).execute();
      return replays.length;
    };
  }

  async #replay(object: ReplayObject, picture: PictureRow, model: EngineModel, call: EngineCall): Promise<Replayed> {
    const steps = stepsOf(object, model);
    const request = requestOf(steps, picture, model);
    const { masks } = await this.#options.engine.segment(request, call);
    const before = decodeRle(object.rle);
    const best = masks
      .flatMap((mask) => (mask.rle ? [{ mask, iou: rleIou(before, decodeRle(mask.rle)) }] : []))
      .reduce<{ mask: Mask; iou: number } | undefined>((a, b) => (a && a.iou >= b.iou ? a : b), undefined);
    if (!best) throw new Error("a model answered without a mask");
    const { source, sourceId } = object.provenance;
    const provenance = create(ProvenanceSchema, {
      gear: object.gear,
      source,
      sourceId,
      model: model.id,
      weights: model.weights,
      predictedIou: best.mask.predictedIou,
      stabilityScore: best.mask.stabilityScore,
    });
    return { object, ...best, provenance, prompts: steps };
  }
}

interface ReplayObject {
  readonly id: bigint;
  readonly revision: number;
  readonly gear: Gear;
  readonly rle: Rle;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly provenance: Provenance;
  readonly prompts: readonly PreviousStep[];
}

interface Replayed {
  readonly object: ReplayObject;
  readonly mask: Mask;
  readonly iou: number;
  readonly provenance: Provenance;
  readonly prompts: readonly PreviousStep[];
}

function workOf({ work: { work } }: Job) {
  if (work.case === "replay") return work.value;
  throw new Error(`no replay: ${work.case}`);
}

/** Of a picture, with how their masks came about. */
async function objectsOf(db: Kysely<Schema>, { id, height, width }: PictureRow): Promise<ReplayObject[]> {
  const rows = await db
    .selectFrom("objects")
    .innerJoin("object_revisions as shape", (join) =>
      join
        .onRef("shape.picture", "=", "objects.picture")
        .onRef("shape.object", "=", "objects.id")
        .onRef("shape.revision", "=", "objects.shape"),
    )
    .select([
      "objects.id",
      "objects.revision",
      "objects.gear",
      "objects.x",
      "objects.y",
      "objects.width",
      "objects.height",
    ])
    .select(["shape.counts", "shape.provenance", "shape.prompts"])
    .where("objects.picture", "=", id)
    .where("objects.state", "<>", ObjectState.DELETED)
    .orderBy("objects.id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    revision: row.revision,
    gear: row.gear,
    rle: create(RleSchema, { size: [height, width], counts: row.counts ?? "" }),
    box: { x: row.x, y: row.y, width: row.width, height: row.height },
    provenance: fromBinary(ProvenanceSchema, row.provenance ?? new Uint8Array()),
    prompts: fromBinary(ProvenanceSchema, row.prompts ?? new Uint8Array()).prompts,
  }));
}

/** What is asked: the object's own prompts where it has any. */
function stepsOf(
  { prompts, provenance: { point }, box, rle }: ReplayObject,
  { takesMasks }: EngineModel,
): PreviousStep[] {
  if (prompts.length > 0) return [...prompts];
  // Of its candidates one was kept: the one that is most like it is meant.
  if (point) return [create(PreviousStepSchema, { prompt: { points: [point] }, multimask: true })];
  const { x, y, width, height } = box;
  const prompt = create(PromptSchema, {
    box: create(BoxSchema, { x0: x, y0: y, x1: x + width, y1: y + height }),
    ...(takesMasks && { mask: { source: { case: "rle", value: rle } } }),
  });
  return [create(PreviousStepSchema, { prompt, multimask: false })];
}

/** The last step, with the others as how its mask came about. */
function requestOf(steps: readonly PreviousStep[], { imageId }: PictureRow, model: EngineModel): SegmentRequest {
  const last = steps.at(-1);
  const earlier = steps.slice(0, -1);
  const prompt = create(PromptSchema, last?.prompt);
  const before = earlier.at(-1);
  const { case: from } = prompt.mask?.source ?? {};
  if (before && (from === undefined || from === "previous")) {
    const previous = { sequence: earlier.length, mask: before.mask, steps: [...earlier] };
    prompt.mask = create(PromptSchema, { mask: { source: { case: "previous", value: previous } } }).mask!;
  }
  return create(SegmentRequestSchema, {
    imageId,
    model: model.id,
    sequence: steps.length,
    prompt,
    ...(last?.multimask !== undefined && { multimask: last.multimask }),
  });
}
