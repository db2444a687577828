import type { Step } from "../../sam/track/propagator.js";
import type { PictureTasks } from "../pictures/pictures.js";
import type { CarryTask, DivideTask, PaintTask } from "../worker/decoder-tasks.js";

/** Labels carried by the likeness of embeddings, and painted by the decoder; in parts, between which prompts of people go first. */
export async function followLabels(
  picture: Pick<PictureTasks, "run">,
  known: Pick<CarryTask, "memory" | "objects">,
): Promise<Step> {
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
