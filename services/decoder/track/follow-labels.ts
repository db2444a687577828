import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import type { TrackState } from "../../sam/track/track-state.js";
import type { PictureTasks } from "../pictures/pictures.js";
import type { CarryTask, DivideTask, PaintTask } from "../worker/decoder-tasks.js";

export interface FoundObject {
  readonly id: number;
  readonly state: TrackState;
  /** Undefined for one that is absent. */
  readonly mask: DecodedMask | undefined;
  /** See `Painted`. */
  readonly agreement: number;
}

/** What a step of a track finds in a picture. */
interface FoundObjects {
  readonly objects: readonly FoundObject[];
  /** How alike the picture is to the last of its memory; see `Carried`. */
  readonly likeness: number;
}

/** Labels carried by the likeness of embeddings, and painted by the decoder; in parts, between which prompts of people go first. */
export async function followLabels(
  picture: Pick<PictureTasks, "run">,
  known: Pick<CarryTask, "memory" | "objects">,
): Promise<FoundObjects> {
  const { objects, likeness } = await picture.run<CarryTask>({ kind: "carry", ...known }, { urgent: false });
  const isAlone = objects.length < 2;
  const painted = [];
  for (const object of objects) {
    painted.push(await picture.run<PaintTask>({ kind: "paint", object, isAlone }, { urgent: false }));
  }
  const divided = isAlone
    ? []
    : await picture.run<DivideTask>(
        { kind: "divide", painted: painted.map(({ logits, predictedIou }) => ({ logits, predictedIou })) },
        { urgent: false },
      );
  return {
    likeness,
    objects: painted.map(({ state, agreement, mask }, at) => ({
      id: known.objects[at]!.id,
      state,
      agreement,
      mask: isAlone ? mask : divided[at],
    })),
  };
}
