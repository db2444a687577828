import type { Found } from "../types.js";
import { plainText } from "./plain-text.js";

/** Longer than data sets take any of them: what is too long is refused in a sentence, and not cut to something else. */
const longest = 1000;

/** Of a sequence or a track: one line, which has room for what tells two of one name apart. */
const plainName = (text: string) => plainText(text.replace(/[\s\p{Cc}]+/gu, " ").trim(), 150);

/**
 * What a reader has found, with texts that can be kept. Names of pictures and attributes are made so where they are read, and the file
 * of a picture is what the source calls it.
 */
export function plainFound<One extends Found>(found: One): One {
  switch (found.kind) {
    case "picture":
      return {
        ...found,
        ...(found.split !== undefined && { split: plainText(found.split, longest) }),
        ...(found.frame && { frame: { ...found.frame, sequence: plainName(found.frame.sequence) } }),
      };
    case "object": {
      const label = found.label === undefined ? {} : { label: plainText(found.label, longest) };
      const track = found.track === undefined ? {} : { track: plainName(found.track) };
      return {
        ...found,
        ...label,
        ...track,
        file: plainText(found.file, longest),
        sourceId: plainText(found.sourceId, longest),
      };
    }
    case "problem":
      return { ...found, file: plainText(found.file, longest), reason: plainText(found.reason, longest) };
  }
}
