import type { EncodeReady, Model } from "../../../proto/index.js";
import type { Answer } from "../answer.js";
import type { PictureOfPart } from "./make-finer.js";
import { NoMaskInputError } from "./no-mask-input-error.js";

/** Parts are encoded for models alone whose masks can be made finer there (Z10). @param models those that are served. */
export function onlyFromMasks(
  models: () => readonly Model[],
  encodePart: Answer<PictureOfPart, EncodeReady>,
): Answer<PictureOfPart, EncodeReady> {
  return async (part, call) => {
    const model = models().find(({ id, usual }) => (part.model === "" ? usual : id === part.model));
    if (model?.capabilities?.maskInput === false) throw new NoMaskInputError();
    return encodePart(part, call);
  };
}
