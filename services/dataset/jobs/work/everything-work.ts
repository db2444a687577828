import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Kysely } from "kysely";
import {
  type Annotation,
  type AutomaticWork,
  decodeRle,
  EverythingMode,
  Gear,
  type Mask,
  ObjectState,
  type PictureFilter,
  PictureFilterSchema,
  type PrefillWork,
  ProvenanceSchema,
  type Rle,
  rleBoundingBox,
  type SegmentEverythingRequest,
  SegmentEverythingRequestSchema,
} from "../../../../proto/index.js";
import type { Schema } from "../../database/schema.js";
import type { PictureFiles } from "../../files/picture-files.js";
import { addObjects, type NewObject } from "../../objects/add-objects.js";
import type { Engine, EngineCall, EngineModel } from "../engine.js";
import type { Job } from "../job.js";
import type { Assignment, Finish, Work } from "../work.js";
import { modelOf } from "./model.js";
import { findPicture, KnownMasks, labelsByName } from "./picture-row.js";

interface EverythingOptions {
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
  readonly pictures: PictureFiles;
}

/** What tells automatic work and prefilling apart. */
interface Kind {
  readonly gear: Gear;
  readonly state: ObjectState;
  readonly settings: SegmentEverythingRequest;
  /** Share of the picture above which a mask is left out. */
  readonly mostOfPicture: number;
  /** Of masks whose word no label has. */
  readonly label: number;
}

/** As SA-1B was made: Segment Anything (arXiv 2304.02643), appendix B, by the released generator's names. */
const asSa1b = {
  mode: EverythingMode.EXHAUSTIVE,
  pointsPerSide: 32,
  predIouThresh: 0.88,
  stabilityScoreThresh: 0.95,
  boxNmsThresh: 0.7,
  cropNmsThresh: 0.7,
  cropNLayers: 2,
  cropNPointsDownscaleFactor: 2,
  minMaskRegionArea: 100,
};
const confident = { pointsPerSide: 32, predIouThresh: 0.88, stabilityScoreThresh: 0.95 };
const usualMostOfPicture = 0.95;
/** From there on a mask is one that the picture has already: of the same job before, or a person's. */
const sameIou = 0.9;

/** Everything mode over pictures: automatic work, whose masks are accepted, and prefilling, whose masks people decide on. */
export class EverythingWork implements Work {
  readonly pace = "pictures";
  readonly #options: EverythingOptions;

  constructor(options: EverythingOptions) {
    this.#options = options;
  }

  filter(job: Job): PictureFilter {
    return workOf(job).filter ?? create(PictureFilterSchema);
  }

  async do({ job, item, call }: Assignment): Promise<Finish> {
    const { db } = this.#options;
    const picture = await findPicture(db, job, item);
    const kind = kindOf(job);
    const found = await this.#everything(kind.settings, picture.imageId, call);
    const labels = await labelsByName(db, job.dataset);
    const mostPixels = kind.mostOfPicture * picture.width * picture.height;
    const made = found.masks
      .filter(({ mask }) => mask.area > 0 && mask.area <= mostPixels)
      .map((one) => ({
        runs: decodeRle(one.rle),
        object: objectOf(one, { job, kind, labels, picture: item, model: found.model }),
      }));
    return async (trx) => {
      const known = await KnownMasks.of(trx, picture);
      const fresh = made.filter(({ runs }) => !known.has(runs, rleBoundingBox(runs), sameIou));
      const ids = await addObjects(
        trx,
        job.dataset,
        job.person,
        fresh.map(({ object }) => object),
      );
      return ids.length;
    };
  }

  async #everything(
    settings: SegmentEverythingRequest,
    imageId: string,
    call: EngineCall,
  ): Promise<{ masks: FoundMask[]; model: EngineModel }> {
    const { engine, pictures } = this.#options;
    const model = await modelOf(engine, settings.model);
    const picture = { tenant: call.tenant, imageId };
    await engine.encode({ ...picture, model: model.id }, () => pictures.open(picture), call);
    const kept = new Map<number, Annotation>();
    for await (const { event } of await engine.everything({ ...settings, imageId, model: model.id }, call)) {
      if (event.case === "found") kept.set(event.value.id, event.value);
      if (event.case === "retracted") kept.delete(event.value.id);
    }
    const masks = [...kept.values()].flatMap(({ mask, ...one }) =>
      mask?.rle ? [{ ...one, mask, rle: mask.rle }] : [],
    );
    return { masks, model };
  }
}

type FoundMask = Pick<Annotation, "point" | "cropBox"> & { readonly mask: Mask; readonly rle: Rle };

interface Origin {
  readonly job: Job;
  readonly kind: Kind;
  readonly labels: ReadonlyMap<string, number>;
  readonly picture: bigint;
  readonly model: EngineModel;
}

function objectOf({ mask, rle, point, cropBox }: FoundMask, { job, kind, labels, picture, model }: Origin): NewObject {
  return {
    picture,
    label: labels.get(mask.grounding?.label.toLowerCase() ?? "") ?? kind.label,
    rle,
    state: kind.state,
    provenance: create(ProvenanceSchema, {
      gear: kind.gear,
      model: model.id,
      weights: model.weights,
      predictedIou: mask.predictedIou,
      stabilityScore: mask.stabilityScore,
      job: job.id,
      ...(point && { point }),
      ...(cropBox && { cropBox }),
    }),
  };
}

function workOf({ work: { work } }: Job): AutomaticWork | PrefillWork {
  if (work.case === "automatic" || work.case === "prefill") return work.value;
  throw new Error(`not everything mode's: ${work.case}`);
}

function kindOf(job: Job): Kind {
  const work = workOf(job);
  const settings = (usual: MessageInitShape<typeof SegmentEverythingRequestSchema>) =>
    work.settings ?? create(SegmentEverythingRequestSchema, usual);
  if (work.$typeName === "maskwire.v1.PrefillWork") {
    const { label } = work;
    const [gear, state] = [Gear.SEMI_AUTOMATIC, ObjectState.PROPOSED];
    return { gear, state, settings: settings(confident), mostOfPicture: usualMostOfPicture, label };
  }
  const { label, mostOfPicture } = work;
  return {
    gear: Gear.AUTOMATIC,
    state: ObjectState.ACCEPTED,
    settings: settings(asSa1b),
    mostOfPicture: mostOfPicture || usualMostOfPicture,
    label,
  };
}
