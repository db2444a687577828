import { DatasetService } from "./gen/maskwire/v1/dataset_pb.js";
import { DecoderService } from "./gen/maskwire/v1/decoder_pb.js";
import { EncoderService } from "./gen/maskwire/v1/encoder_pb.js";
import { TrackService } from "./gen/maskwire/v1/track_pb.js";

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
/** Most objects that are followed through a video. */
export const maxTrackedObjects = 16;
/** Most pictures whose masks are known: each is compared with the one that is looked at, or remembered of it. */
export const maxKnownPictures = 32;
/** Most frames of a video. */
export const maxFrames = 20_000;
/** Most masks that people have made in one. */
export const maxTrackPrompts = 1000;
/** Most frames that were tracked before and are given again: what a decoder is told at once, on either side. */
export const maxKnownFrames = 2 * maxKnownPictures;
/** The same in one command about a video that is opened. */
const maxKnownAtOnce = 1000;
/** Most extras that are asked for by name. */
export const maxFormats = 8;

/** Most labels of a data set, wherever they come from, and in a filter: LVIS has 1,203. */
export const maxLabels = 2000;
/** Most pictures or objects that are changed or asked for at once. */
const maxAtOnce = 500;
/** Most words that a filter names of a kind. */
const maxWords = 100;
/** Most frames whose masks are kept at once, and most of those masks. */
const maxSavedFrames = 500;
export const maxSavedMasks = 2000;
/** There are not as many states of anything. */
const maxStates = 16;

/** Most entries of each list and map that a request can have. A reader keeps one more of a list, which shows that there were too many. */
export const listLimits: Readonly<Record<string, number>> = {
  "maskwire.v1.Prompt.points": maxPoints,
  "maskwire.v1.PreviousMask.steps": maxSteps,
  "maskwire.v1.SegmentRequest.formats": maxFormats,
  "maskwire.v1.GroundResponse.boxes": maxGroundedBoxes,
  "maskwire.v1.GroundRequest.candidates": maxCandidates,
  "maskwire.v1.Rle.size": 2,
  "maskwire.v1.PropagateRequest.known": maxKnownPictures,
  "maskwire.v1.KnownPicture.masks": maxTrackedObjects,
  "maskwire.v1.TrackVideoRequest.image_ids": maxFrames,
  "maskwire.v1.TrackVideoRequest.prompts": maxTrackPrompts,
  "maskwire.v1.TrackVideoRequest.known": maxKnownFrames,
  "maskwire.v1.KnownFrame.masks": maxTrackedObjects,
  "maskwire.v1.OpenVideo.image_ids": maxFrames,
  "maskwire.v1.AppendFrames.image_ids": maxFrames,
  "maskwire.v1.KnownFrames.frames": maxKnownAtOnce,
  "maskwire.v1.CreateDatasetRequest.labels": maxLabels,
  "maskwire.v1.SetLabelsRequest.labels": maxLabels,
  "maskwire.v1.AddPictureHeader.attributes": maxWords,
  "maskwire.v1.PictureFilter.splits": maxWords,
  "maskwire.v1.PictureFilter.states": maxStates,
  "maskwire.v1.PictureFilter.labels": maxLabels,
  "maskwire.v1.PictureFilter.object_states": maxStates,
  "maskwire.v1.PictureFilter.people": maxWords,
  "maskwire.v1.UpdatePicturesRequest.pictures": maxAtOnce,
  "maskwire.v1.UpdatePicturesRequest.attributes": maxWords,
  "maskwire.v1.DeletePicturesRequest.pictures": 1000,
  "maskwire.v1.ListObjectsRequest.pictures": maxAtOnce,
  "maskwire.v1.ListObjectsRequest.labels": maxLabels,
  "maskwire.v1.ListObjectsRequest.states": maxStates,
  "maskwire.v1.ListObjectsRequest.people": maxWords,
  "maskwire.v1.SaveObjectsRequest.changes": maxAtOnce,
  "maskwire.v1.DatasetObject.attributes": maxWords,
  "maskwire.v1.ObjectPatch.attributes": maxWords,
  // Steps of one click after another; who clicks on for longer begins anew.
  "maskwire.v1.Provenance.prompts": 4 * maxSteps,
  "maskwire.v1.CreateSequenceRequest.pictures": maxFrames,
  "maskwire.v1.CreateSequenceRequest.numbers": maxFrames,
  "maskwire.v1.CreateSequenceRequest.times_ms": maxFrames,
  "maskwire.v1.AddFramesRequest.pictures": maxFrames,
  "maskwire.v1.AddFramesRequest.numbers": maxFrames,
  "maskwire.v1.AddFramesRequest.times_ms": maxFrames,
  "maskwire.v1.SaveTracksRequest.objects": maxTrackedObjects,
  "maskwire.v1.SaveTracksRequest.frames": maxSavedFrames,
  "maskwire.v1.SaveTracksRequest.prompts": maxTrackPrompts,
  "maskwire.v1.FrameMasks.objects": maxTrackedObjects,
  "maskwire.v1.NextReviewsRequest.labels": maxLabels,
  "maskwire.v1.NextReviewsRequest.people": maxWords,
  "maskwire.v1.ReviewObjectsRequest.verdicts": maxAtOnce,
  "maskwire.v1.StarterLimits.own": maxStates,
  "maskwire.v1.StarterLimits.tenant": maxStates,
  "maskwire.v1.UrlList.urls": 100_000,
  "maskwire.v1.ExportWork.splits": maxWords,
  "maskwire.v1.ExportWork.labels": maxLabels,
  "maskwire.v1.ExportWork.states": maxStates,
  "maskwire.v1.AcceptReplaysRequest.objects": 10_000,
};

/** Most fields of one message, those of the messages in it included: four times what the fullest request has. */
export const maxFields = 4 * maxSteps * maxPoints * 4;
/** Most fields of those messages that carry many objects or addresses; answers, too, are read within them. */
const moreFields = 16 * maxFields;
const { method: ofDatasets } = DatasetService;
const large = new Set<string>(
  [
    ofDatasets.saveObjects.input,
    ofDatasets.saveTracks.input,
    ofDatasets.startJob.input,
    ofDatasets.uploadImport.input,
    ...DatasetService.methods.map(({ output }) => output),
  ].map(({ typeName }) => typeName),
);

export const mostFieldsOf = ({ typeName }: { typeName: string }): number =>
  large.has(typeName) ? moreFields : maxFields;
/** Messages within messages; a request needs ten. */
export const maxDepth = 32;

const KiB = 1024;
const MiB = 1024 * KiB;

const { segment, segmentOnce, segmentEverything, propagate, loadEmbedding } = DecoderService.method;
const { encode, ground } = EncoderService.method;

const pathOf = ({ parent, name }: { parent: { typeName: string }; name: string }) => `/${parent.typeName}/${name}`;

const largeRequests = new Map([
  // A mask as logits has 128 KiB, a run-length encoded one of a very large picture somewhat more than 1 MiB.
  [pathOf(segment), 2 * MiB],
  [pathOf(segmentOnce), 2 * MiB],
  // A mask of each object in each picture that is known.
  [pathOf(propagate), 8 * MiB],
  // Ids of all frames of a video, or masks of some.
  [pathOf(TrackService.method.track), 2 * MiB],
  // With what words were found in.
  [pathOf(segmentEverything), 16 * KiB],
  // With what they are held against.
  [pathOf(ground), 16 * KiB],
  // Chunks of 1 MiB, in a message each.
  [pathOf(encode), MiB + KiB],
  [pathOf(loadEmbedding), MiB + KiB],
  ...datasetRequests(),
]);

/** Filters are some kilobytes, lists of labels and of pictures more; masks, and addresses of pictures, are the most. */
function datasetRequests(): [path: string, bytes: number][] {
  const filtered = DatasetService.methods.map((method): [string, number] => [pathOf(method), 64 * KiB]);
  return [
    ...filtered,
    [pathOf(ofDatasets.createDataset), MiB],
    [pathOf(ofDatasets.setLabels), MiB],
    [pathOf(ofDatasets.reviewObjects), MiB],
    [pathOf(ofDatasets.acceptReplays), 256 * KiB],
    [pathOf(ofDatasets.saveObjects), 16 * MiB],
    [pathOf(ofDatasets.saveTracks), 16 * MiB],
    // 20,000 ids, numbers and times.
    [pathOf(ofDatasets.createSequence), 512 * KiB],
    [pathOf(ofDatasets.addFrames), 512 * KiB],
    [pathOf(ofDatasets.startJob), 16 * MiB],
    [pathOf(ofDatasets.addPicture), MiB + 64 * KiB],
    [pathOf(ofDatasets.uploadImport), MiB + 64 * KiB],
  ];
}

/** The largest message that a method's caller may send; most carry an id and a few numbers. */
export function requestBytes(path: string): number {
  return largeRequests.get(path) ?? 4 * KiB;
}
