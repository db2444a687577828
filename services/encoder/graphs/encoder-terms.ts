import type { ModelSpec } from "../../inference/families/model-spec.js";

/** All that a manifest's entry says of how its encoder's graph is run: the same weights under other terms give another embedding. */
export const encoderTerms = ({
  encoder: { input, layout, takes, outputs },
  preprocess: { size },
}: Pick<ModelSpec, "encoder" | "preprocess">): object => ({ input, layout, takes, outputs, size });
