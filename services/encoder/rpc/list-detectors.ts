import { adviceOf, type Detectors } from "../grounding/detectors.js";
import type { Handlers } from "./handlers.js";

/** What understands words here, and which. */
export function listDetectors(detectors: Pick<Detectors, "states">): Handlers["listDetectors"] {
  return async () => {
    const states = await detectors.states();
    return {
      detectors: [...states].map(([one, state]) => {
        const { spec, vocabulary } = one;
        return {
          id: spec.id,
          title: spec.title,
          ready: state.kind === "ready",
          advice: adviceOf(one, state),
          vocabulary: spec.vocabulary,
          labels: [...(vocabulary?.labels ?? [])],
          aliases: [...(vocabulary?.aliases ?? [])].map(([word, labels]) => ({ word, labels: [...labels] })),
        };
      }),
    };
  };
}
