import { type ModelCapabilities, ModelPoints, type Prompt } from "../../../proto/index.js";
import { PromptError } from "./check-prompt.js";

/** What a model can be asked. */
export interface Abilities {
  /** positive: no point can say what is not meant. */
  readonly points: "none" | "positive" | "all";
  readonly boxes: boolean;
  /** A prompt may start from a mask. */
  readonly maskInput: boolean;
  /** Points of one prompt, of which a box counts for two; as many as requests may have when left out. */
  readonly maxPoints?: number | undefined;
}

/**
 * Whether a model takes a prompt: the one place where that is decided.
 * @throws PromptError naming the model, what it does not take and what it does.
 */
export function checkAbilities(
  { points, box, mask }: Pick<Prompt, "points" | "box" | "mask">,
  { id, capabilities }: { readonly id: string; readonly capabilities: Abilities },
): void {
  const { maxPoints = Number.POSITIVE_INFINITY } = capabilities;
  const refuse = (what: string) => {
    throw new PromptError(`The model "${id}" takes no ${what}; it takes ${taken(capabilities)}.`);
  };
  if (points.length > 0 && capabilities.points === "none") refuse("points");
  if (capabilities.points === "positive" && points.some(({ label }) => label === 0)) {
    refuse("points beside the object (label 0)");
  }
  if (box && !capabilities.boxes) refuse("boxes");
  if (mask && !capabilities.maskInput) refuse("masks to start from");
  if (points.length + (box ? 2 : 0) > maxPoints) {
    throw new PromptError(
      `The model "${id}" takes ${maxPoints} points of a prompt at most, a box counting for two; this one has ` +
        `${points.length} points${box ? " and a box" : ""}.`,
    );
  }
}

const pointsOf: Record<ModelPoints, Abilities["points"]> = {
  // Of a server from before it was said.
  [ModelPoints.UNSPECIFIED]: "all",
  [ModelPoints.NONE]: "none",
  [ModelPoints.POSITIVE]: "positive",
  [ModelPoints.ALL]: "all",
};

/** What the contract's message says of a model. */
export function abilitiesOf({ points, boxes, maskInput, maxPoints }: ModelCapabilities): Abilities {
  return { points: pointsOf[points], boxes, maskInput, ...(maxPoints > 0 ? { maxPoints } : {}) };
}

function taken({ points, boxes, maskInput }: Abilities): string {
  const all = [
    ...(points === "none" ? [] : [points === "all" ? "points on the object and beside it" : "points on the object"]),
    ...(boxes ? ["a box"] : []),
    ...(maskInput ? ["a mask to start from"] : []),
  ];
  return all.length < 2 ? all.join() : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}
