import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";

/** Of a rectangle, in pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

/** The model's whole frame. */
export function wholeFrame({ preprocess: { size } }: Pick<ModelSpec, "preprocess">): Sides {
  return { width: size, height: size };
}

/** Side of one cell of the embedding, in pixels of the frame. */
export function cellSide(model: Pick<ModelSpec, "preprocess" | "encoder">): number {
  return model.preprocess.size / imageTensor(model).side;
}

/** The part of the model's frame that holds a picture: the whole cells that its content reaches into. */
export function pictureFrame(model: Pick<ModelSpec, "preprocess" | "encoder">, content: Sides): Sides {
  const cell = cellSide(model);
  const cells = (side: number) => cell * Math.ceil(side / cell);
  return { width: cells(content.width), height: cells(content.height) };
}
