import type { Found } from "../types.js";
import { plainText } from "./plain-text.js";

/** Longer than data sets take any of them: what is too long is refused in a sentence, and not cut to something else. */
const longest = 1000;

/**
 * What a reader has found, with texts that can be kept. Names of pictures and attributes are made so where they are read, and the file
 * of a picture is what the source calls it.
 */
export function plainFound<One extends Found>(found: One): One {
  switch (found.kind) {
    case "picture":
      return found.split === undefined ? found : { ...found, split: plainText(found.split, longest) };
    case "object": {
      const label = found.label === undefined ? {} : { label: plainText(found.label, longest) };
      return { ...found, ...label, file: plainText(found.file, longest), sourceId: plainText(found.sourceId, longest) };
    }
    case "problem":
      return { ...found, file: plainText(found.file, longest), reason: plainText(found.reason, longest) };
  }
}
