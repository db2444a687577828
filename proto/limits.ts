import { DecoderService } from "./gen/maskwire/v1/decoder_pb.js";
import { EncoderService } from "./gen/maskwire/v1/encoder_pb.js";

/*
 * How much of what the contract describes a request may carry. Who reads one keeps no more of it than this while it comes,
 * whoever sent it; the checks behind that say in a sentence what there was too much of.
 */

/** Most points of one prompt: more would not help the model, and a decode's cost grows with them. */
export const maxPoints = 128;
/** Most earlier clicks that a mask is made again from: each is a decode. */
export const maxSteps = 32;
/** Most boxes of what words were found in: each becomes a mask. */
export const maxGroundedBoxes = 16;
/** Most boxes that words are held against: each is looked at by itself. */
export const maxCandidates = 256;
/** Most extras that are asked for by name. */
export const maxFormats = 8;

/** Most entries of each list that a request can have. A reader keeps one more, which shows that there were too many. */
export const listLimits: Readonly<Record<string, number>> = {
  "maskwire.v1.Prompt.points": maxPoints,
  "maskwire.v1.PreviousMask.steps": maxSteps,
  "maskwire.v1.SegmentRequest.formats": maxFormats,
  "maskwire.v1.GroundResponse.boxes": maxGroundedBoxes,
  "maskwire.v1.GroundRequest.candidates": maxCandidates,
  "maskwire.v1.Rle.size": 2,
};

/** Most fields of one message, those of the messages in it included: four times what the fullest request has. */
export const maxFields = 4 * maxSteps * maxPoints * 4;
/** Messages within messages; a request needs ten. */
export const maxDepth = 32;

const KiB = 1024;
const MiB = 1024 * KiB;

const { segment, segmentOnce, segmentEverything, loadEmbedding } = DecoderService.method;
const { encode, ground } = EncoderService.method;

const pathOf = ({ parent, name }: { parent: { typeName: string }; name: string }) => `/${parent.typeName}/${name}`;

const largeRequests = new Map([
  // A mask as logits has 128 KiB, a run-length encoded one of a very large picture somewhat more than 1 MiB.
  [pathOf(segment), 2 * MiB],
  [pathOf(segmentOnce), 2 * MiB],
  // With what words were found in.
  [pathOf(segmentEverything), 16 * KiB],
  // With what they are held against.
  [pathOf(ground), 16 * KiB],
  // Chunks of 1 MiB, in a message each.
  [pathOf(encode), MiB + KiB],
  [pathOf(loadEmbedding), MiB + KiB],
]);

/** The largest message that a method's caller may send; most carry an id and a few numbers. */
export function requestBytes(path: string): number {
  return largeRequests.get(path) ?? 4 * KiB;
}
