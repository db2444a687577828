import { type Model, ModelPoints } from "../../proto/index.js";
import type { Tool } from "./tools.js";

/* Which of the service's models the page asks. */

export interface Models {
  /** The usual one first; none until the service has said it. */
  readonly served: readonly Model[];
  /** The id of the one that is asked; the usual one when undefined. */
  readonly chosen: string | undefined;
}

export type ModelsEvent =
  | { readonly kind: "models-listed"; readonly models: readonly Model[]; readonly atMs: number }
  /** @property id undefined for the usual one. */
  | { readonly kind: "model-chosen"; readonly id: string | undefined; readonly atMs: number };

export const firstModels: Models = { served: [], chosen: undefined };

/** Undefined while nobody knows what it can be asked. */
export function modelInUse({ models: { served, chosen } }: { readonly models: Models }): Model | undefined {
  return chosen === undefined ? served[0] : served.find(({ id }) => id === chosen);
}

/** What a model may not be able to be asked. */
export type Ability = "points" | "negatives" | "boxes";

/** A model that has not said what it can be asked can be asked anything. */
export function isAble(model: Model | undefined, ability: Ability): boolean {
  const { points = ModelPoints.UNSPECIFIED, boxes = true } = model?.capabilities ?? {};
  switch (ability) {
    case "points":
      return points !== ModelPoints.NONE;
    case "negatives":
      return points === ModelPoints.ALL || points === ModelPoints.UNSPECIFIED;
    case "boxes":
      return boxes;
  }
}

/** What a tool's prompts are made of; a brush leaves points, a lasso a box with points. */
const needs: Readonly<Record<Tool, readonly Ability[]>> = {
  click: ["points"],
  box: ["boxes"],
  brush: ["points"],
  lasso: ["boxes", "points"],
  pan: [],
};

/** Why a tool cannot be used with the model, if it cannot. */
export const lackFor = (model: Model | undefined, tool: Tool): Ability | undefined =>
  needs[tool].find((ability) => !isAble(model, ability));

/** Whether it can start from a mask, an earlier answer's or a rough one. */
export const takesMasks = (model: Model | undefined): boolean => model?.capabilities?.maskInput !== false;
