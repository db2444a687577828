import { create } from "@bufbuild/protobuf";
import { Gear, type Label, type ObjectChange, ObjectChangeSchema, ObjectState } from "../../../proto/index.js";
import { stepsTo } from "../../sdk/session/request.js";
import { currentMask, maskOfObject } from "../../state/objects.js";
import type { Step } from "../../state/work.js";

/** What is on the page's picture: its finished objects, and the current one. */
function kept({ objects, editing, answer, prompts, ...rest }: Step) {
  const current = answer !== undefined && currentMask({ objects, editing, answer, prompts, ...rest });
  const name = objects.find(({ id }) => id === editing)?.name;
  return [...objects.filter(({ id }) => id !== editing), ...(current ? [{ name, prompts, answer }] : [])];
}

/** Names that people gave, each once: they become labels. */
export function namesOf(step: Step): string[] {
  return [...new Set(kept(step).flatMap(({ name }) => name ?? []))];
}

/** As new objects of a data set's picture. @param key a new one each time. */
export function changesOf(
  step: Step,
  {
    picture,
    labels,
    model,
    key,
  }: {
    readonly picture: bigint;
    readonly labels: readonly Label[];
    readonly model: string;
    readonly key: () => string;
  },
): ObjectChange[] {
  return kept(step).flatMap((object) => {
    const mask = maskOfObject(object);
    if (mask?.rle === undefined) return [];
    const { name, prompts, answer } = object;
    const label = labels.find((one) => one.name === name)?.id ?? 0;
    const { rle, predictedIou, stabilityScore } = mask;
    const steps = stepsTo(prompts, answer.chosen);
    const provenance = { gear: Gear.ASSISTED, prompts: steps, model, predictedIou, stabilityScore };
    const value = { picture, label, rle, state: ObjectState.TO_REVIEW, provenance };
    return [create(ObjectChangeSchema, { key: key(), change: { case: "create", value } })];
  });
}
