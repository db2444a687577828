import type { Mask } from "../../../proto/index.js";
import { ServiceError } from "../../../services/runtime/errors.js";
import type { Asked } from "./adapter.js";
import type { Picture } from "./picture.js";
import { segment } from "./segment.js";

/** Whether anything here understands words. */
export async function knowsWords({ ask, call }: Asked): Promise<boolean> {
  const { detectors } = await ask.listDetectors({}, call);
  return detectors.some(({ ready, vocabulary }) => ready && vocabulary !== "ranking");
}

/** Everything that detectors of a closed vocabulary find, by its name. */
export async function knownNames({ ask, call }: Pick<Asked, "ask" | "call">): Promise<string[]> {
  const { detectors } = await ask.listDetectors({}, call);
  return [...new Set(detectors.flatMap(({ ready, labels }) => (ready ? labels : [])))];
}

/** Masks of what words name in a picture; undefined where nothing is known by them. @throws any other ServiceError of `ask.segment`. */
export async function masksOfWords(asked: Asked, picture: Picture, text: string): Promise<Mask[] | undefined> {
  try {
    return (await segment(asked, picture, { text })).masks;
  } catch (error) {
    if (error instanceof ServiceError && error.reason === "UNKNOWN_WORD") return undefined;
    throw error;
  }
}
