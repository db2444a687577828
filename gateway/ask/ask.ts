import type {
  DescribeGraphsResponse,
  EncodePriority,
  EncodeReady,
  ListDetectorsResponse,
  LookupImageResponse,
  Model,
  PropagateRequest,
  PropagateResponse,
  SegmentEverythingRequest,
  SegmentRequest,
  SegmentResult,
} from "../../proto/index.js";
import type { DecoderLine, LineOrigin } from "../peers/decoder-line.js";
import type { Decoders, GraphFile } from "../peers/decoders.js";
import type { Encoders, PicturesToDelete, PictureToCut, Upload } from "../peers/encoders.js";
import type { Answer, AskCall } from "./answer.js";
import { withBeginDeadline } from "./begin-deadline.js";
import { countedEncode } from "./counted-encode.js";
import { withDeadline } from "./deadline.js";
import { deleteImages } from "./delete-images.js";
import type { DetailLimits } from "./detail/detail-limits.js";
import { type DetailEvents, noDetailEvents } from "./detail/detail-metrics.js";
import { withFinerMasks } from "./detail/finer-everything.js";
import type { PictureOfPart } from "./detail/make-finer.js";
import { onlyFromMasks } from "./detail/only-from-masks.js";
import { partOf } from "./detail/part-of.js";
import { withDetail } from "./detail/with-detail.js";
import { beginEverything, cropsOf, type EverythingEvents } from "./everything.js";
import { forAWhile } from "./for-a-while.js";
import { joined } from "./joined.js";
import { withRecovery } from "./recovery.js";
import { withSteps } from "./steps.js";
import { withRanks } from "./with-ranks.js";
import { withWords } from "./with-words.js";

/** A picture as one of the models sees it; an empty name is the service's own model. */
interface Picture {
  imageId: string;
  model: string;
}

interface PictureToOpen extends Picture {
  /** Who opens it understands drafts, and hears of one. */
  drafts?: boolean;
  /** A person waits for it; left out: yes. */
  priority?: EncodePriority;
}

/** A session's prompts: they share a stream, to the decoder that its picture hashes to. */
export interface Line {
  /** The first answer, whatever detail is asked for: the finer one is the session's to wait for (Z1). */
  readonly segment: Answer<SegmentRequest, SegmentResult>;
  /** Cancels what is under way, at the decoders too. */
  close(): void;
}

/**
 * The gateway's door to the other tiers: whoever has something to ask asks here, by WebSocket, by HTTP or otherwise, and gets the
 * same deadlines, steps and recovery. Everything is asked by `(request, call)` and throws ServiceErrors.
 */
export interface Ask {
  /** One prompt by itself, as fine as is asked. Throws ImageGoneError when its picture is not stored any more. */
  readonly segment: Answer<SegmentRequest, SegmentResult>;
  readonly openLine: (origin: LineOrigin) => Line;
  /** Every object of a picture. Throws what it is refused with before it began. */
  readonly everything: Answer<SegmentEverythingRequest, EverythingEvents>;
  /** Objects of a video's other pictures in one of them: a step of `track`. Throws ImageGoneError when one is not stored any more. */
  readonly propagate: Answer<PropagateRequest, PropagateResponse>;
  /** Has a stored picture encoded, or joins the encode that is under way. Throws NOT_FOUND when it is not stored. */
  readonly openImage: Answer<PictureToOpen, EncodeReady>;
  /** Has a part of a stored picture encoded, or finds it encoded, for masks that are made finer on it (Z5). */
  readonly encodePart: Answer<PictureOfPart, EncodeReady>;
  /** Has a picture's prompts find it warm. A favour: it never fails. */
  readonly prepare: Answer<Picture, void>;
  /** A picture's own time: it may take as long as it moves (H17). */
  readonly upload: Answer<Upload, EncodeReady>;
  /** The models that pictures and prompts can be for, the usual one first. */
  readonly listModels: Answer<Record<string, never>, Model[]>;
  /** What understands words, and which. */
  readonly listDetectors: Answer<Record<string, never>, ListDetectorsResponse>;
  readonly lookup: Answer<Picture, LookupImageResponse>;
  /** The record whole. Throws NOT_FOUND when the picture is not encoded. */
  readonly embedding: Answer<Picture, Buffer>;
  /** What is within a mask of a stored picture, as a PNG file: for who has shown to have that picture. Throws NOT_FOUND when it is not stored. */
  readonly cutOut: Answer<PictureToCut, Buffer>;
  /** Deletes pictures of the call's tenant, for good. Throws UNAVAILABLE when that is not certain everywhere: ask again. */
  readonly deleteImages: Answer<PicturesToDelete, void>;
  /** The same of all pictures of any tenant. */
  readonly deleteTenant: Answer<{ tenant: string }, void>;
  readonly describeGraphs: Answer<{ model: string }, DescribeGraphsResponse>;
  readonly fetchGraph: Answer<GraphFile, Buffer>;
}

export interface AskOptions {
  deadlineMs: number;
  /** E8 */
  everythingMs: number;
  /** With no parts of a picture nothing is made finer. */
  detail: Pick<DetailLimits, "perPicture">;
  /** Hears what becomes of answers that are made finer. */
  detailEvents?: DetailEvents;
  /** Hears why what everything mode found was not ranked (G9). */
  onUnranked?: (error: unknown) => void;
}

export interface Tiers {
  encoders: Omit<Encoders, "close" | "knownModels">;
  decoders: Omit<Decoders, "openLine" | "close" | "knownModels" | "memoryOf"> & {
    openLine(origin: LineOrigin): Pick<DecoderLine, "segment" | "close">;
  };
}

export function createAsk({ encoders, decoders }: Tiers, options: AskOptions): Ask {
  const { deadlineMs, everythingMs, detail, detailEvents = noDetailEvents, onUnranked = () => {} } = options;
  const providers = { encoders, decoders };
  const words = (next: Answer<SegmentRequest, SegmentResult>) =>
    withWords(encoders, ({ prompt }) => prompt?.text, next);
  /** The walk of a prompt, from the top down. */
  const prompts = (atPeer: Answer<SegmentRequest, SegmentResult>) =>
    withDeadline(deadlineMs, withSteps(detail, words(withRecovery(providers, atPeer, partOf))));
  /** V7: what a draft lacks is waited for, not made again. */
  const withDrafts = (final: Answer<SegmentRequest, SegmentResult>, atPeer: typeof final): typeof final => {
    const onDraft = withDeadline(deadlineMs, words(atPeer));
    return (request, call) => (request.draft ? onDraft : final)(request, call);
  };
  const encodePart = onlyFromMasks(
    () => decoders.models(),
    withDeadline(deadlineMs, (part: PictureOfPart, call: AskCall) =>
      countedEncode(call, (counted) => encoders.encodePart(part, counted)),
    ),
  );

  // V8
  const once = prompts((request, call) => decoders.segmentOnce({ ...request, draft: false }, call));

  const deletion = withDeadline(deadlineMs, deleteImages(encoders, decoders));
  return {
    segment: withDetail({ encodePart, segment: once }, detail, detailEvents),
    openLine: (origin) => {
      const line = decoders.openLine(origin);
      const atPeer: Answer<SegmentRequest, SegmentResult> = (request, call) => line.segment(request, call);
      return { segment: withDrafts(prompts(atPeer), atPeer), close: () => line.close() };
    },
    everything: withRanks(
      encoders,
      { mostMs: everythingMs, onUnranked },
      withFinerMasks(
        { encodePart, segment: once },
        { perPicture: detail.perPicture, mostMs: everythingMs },
        detailEvents,
        withBeginDeadline(
          everythingMs,
          withWords(encoders, ({ text }) => text, withRecovery(providers, beginEverything(decoders), cropsOf)),
        ),
      ),
    ),
    propagate: withDeadline(
      deadlineMs,
      withRecovery(
        providers,
        (request: PropagateRequest, call) => decoders.propagate(request, call),
        () => [],
        ({ known }) => known.map(({ imageId }) => imageId),
      ),
    ),
    openImage: withDeadline(deadlineMs, (image, call) => encoders.encodeStored(image, call)),
    encodePart,
    prepare: (image, call) => decoders.prepare(image, call),
    upload: (upload, call) => encoders.encodeUpload(upload, call),
    listModels: async () => servedByBoth(encoders.models(), decoders.models()),
    listDetectors: forAWhile(
      detectorsMs,
      withDeadline(deadlineMs, (_, call) => encoders.listDetectors(call)),
    ),
    lookup: withDeadline(deadlineMs, (image, call) => encoders.lookup(image, call)),
    embedding: withDeadline(deadlineMs, (image, call) =>
      joined(encoders.fetchEmbedding(image, call), maxEmbeddingBytes),
    ),
    cutOut: withDeadline(deadlineMs, (cut, call) => joined(encoders.cutOut(cut, call), maxCutBytes)),
    deleteImages: deletion,
    deleteTenant: ({ tenant }, call) =>
      deletion({ case: "everything", value: true }, { ...call, origin: { ...call.origin, tenant } }),
    describeGraphs: withDeadline(deadlineMs, (model, call) => decoders.describeGraphs(model, call)),
    fetchGraph: withDeadline(deadlineMs, (file, call) => decoders.fetchGraph(file, call)),
  };
}

/** The largest embedding of the models there are is of 16 MiB. */
const maxEmbeddingBytes = 32 * 1024 * 1024;
/** What encoders make at most. */
const maxCutBytes = 64 * 1024 * 1024;

/** One may be installed at any time, and is used from the next question on: this is what is told of it. */
const detectorsMs = 1000;

/** A model that only encoders or only decoders serve gives no masks. */
export function servedByBoth(encoders: readonly Model[], decoders: readonly Model[]): Model[] {
  const encoded = new Set(encoders.map(({ id }) => id));
  return decoders.filter(({ id }) => encoded.has(id)).sort((a, b) => Number(b.usual) - Number(a.usual));
}
