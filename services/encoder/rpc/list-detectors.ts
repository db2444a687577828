import { adviceOf, type Detectors } from "../grounding/detectors.js";
import type { Handlers } from "./handlers.js";

/** What understands words here, and which. */
export function listDetectors(detectors: Pick<Detectors, "known" | "ready">): Handlers["listDetectors"] {
  return async () => {
    const ready = await detectors.ready();
    return {
      detectors: detectors.known.map((one) => {
        const isReady = ready.includes(one);
        const { spec, vocabulary } = one;
        return {
          id: spec.id,
          title: spec.title,
          ready: isReady,
          advice: isReady ? "" : `\`${adviceOf(one)}\` on the encoder's machine installs it.`,
          vocabulary: spec.vocabulary,
          labels: [...(vocabulary?.labels ?? [])],
          aliases: [...(vocabulary?.aliases ?? [])].map(([word, labels]) => ({ word, labels: [...labels] })),
        };
      }),
    };
  };
}
