import { defaultPointsPerSide, everythingPoints, type SegmentEverythingRequest } from "../../proto/index.js";
import { anyone } from "../../services/runtime/callers/principal.js";
import { type Quota, type QuotaName, type Taken, takeQuota } from "../../services/runtime/callers/quota.js";
import type { Upload } from "../peers/encoders.js";
import type { AskCall } from "./answer.js";
import type { Ask } from "./ask.js";
import type { EverythingEvents } from "./everything.js";

/**
 * The one place that counts what principals take of the other tiers (Q1). What is not answered counts for nothing, and what needs no
 * work is not refused for want of what it does not take.
 */
export function withQuotas(ask: Ask, quota: Quota): Ask {
  const take = ({ principal = anyone }: AskCall, name: QuotaName, amount = 1) =>
    takeQuota(quota, principal, name, amount);

  const countingParts = (call: AskCall): AskCall => ({ ...call, takeEncode: () => take(call, "encodesPerHour") });

  const counted =
    (segment: Ask["segment"]): Ask["segment"] =>
    async (request, call) => {
      // Hovering is held by the frames that it takes; of a click its own answer counts.
      if (request.preview || request.draft) return segment(request, countingParts(call));
      const taken = take(call, "clicksPerMinute");
      return answered(taken, 1, () => segment(request, countingParts(call)));
    };

  /** @param isReady whether it needs no encode; asked only when there is none left. */
  const encoding = async <Result extends { cached: boolean }>(
    call: AskCall,
    isReady: () => Promise<boolean>,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    let taken: Taken;
    try {
      taken = take(call, "encodesPerHour");
    } catch (error) {
      if (await isReady()) return work();
      throw error;
    }
    const ready = await answered(taken, 1, work);
    if (ready.cached) taken.correct(-1);
    return ready;
  };
  const isEmbedded = async ({ imageId, model }: { imageId: string; model: string }, call: AskCall) =>
    imageId !== "" && (await ask.lookup({ imageId, model }, call)).embedded;

  return {
    ...ask,
    // A draft is a session's alone to ask of; what says so here is a click all the same.
    segment: (request, call) => counted(ask.segment)({ ...request, draft: false }, call),
    openLine: (origin) => {
      const line = ask.openLine(origin);
      return { segment: counted(line.segment), close: () => line.close() };
    },
    // An object in a frame is a decode, as a point of everything mode is.
    propagate: async (request, call) => {
      const objects = new Set(request.known.flatMap(({ masks }) => masks.map(({ object }) => object))).size;
      const taken = take(call, "everythingPointsPerHour", objects);
      return answered(taken, objects, () => ask.propagate(request, call));
    },
    openImage: (picture, call) =>
      encoding(
        call,
        () => isEmbedded(picture, call),
        () => ask.openImage(picture, call),
      ),
    encodePart: (part, call) => ask.encodePart(part, countingParts(call)),
    upload: (upload, call) => {
      const { imageId = "", model = "" } = upload.header;
      return encoding(
        call,
        () => isEmbedded({ imageId, model }, call),
        () => stored(upload, call),
      );
    },
    everything: async (request, call) => {
      const points = pointsOf(request);
      const taken = take(call, "everythingPointsPerHour", points);
      return refunded(taken, points, await answered(taken, points, () => ask.everything(request, countingParts(call))));
    },
  };

  /** Bytes that are announced are taken; those that come beside them the next upload waits for. */
  async function stored(upload: Upload, call: AskCall) {
    const { announcedBytes = 0, arrivedBytes = () => announcedBytes } = upload;
    const rate = take(call, "bytesPerSecond", announcedBytes);
    let kept: Taken | undefined;
    let keptBytes = 0;
    try {
      kept = take(call, "storedBytes", announcedBytes);
      const ready = await ask.upload(upload, call);
      if (!ready.cached) keptBytes = arrivedBytes();
      return ready;
    } finally {
      rate.correct(arrivedBytes() - announcedBytes);
      kept?.correct(keptBytes - announcedBytes);
    }
  }
}

/** What `work` answers. What was taken for it is given back when it does not. */
async function answered<T>(taken: Taken, amount: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    taken.correct(-amount);
    throw error;
  }
}

/** Points that were not asked in the end are given back. */
async function* refunded(taken: Taken, points: number, events: EverythingEvents): EverythingEvents {
  let asked = 0;
  try {
    for await (const one of events) {
      const { event } = one;
      if (event.case === "progress") asked = event.value.pointsDone;
      if (event.case === "done") asked = event.value.points;
      yield one;
    }
  } finally {
    taken.correct(Math.min(0, asked - points));
  }
}

/** As many as may have to be asked. What cannot be counted the decoder refuses. */
function pointsOf({ pointsPerSide, cropNLayers, cropNPointsDownscaleFactor }: SegmentEverythingRequest): number {
  const points = everythingPoints(
    pointsPerSide ?? defaultPointsPerSide,
    cropNLayers ?? 0,
    cropNPointsDownscaleFactor ?? 1,
  );
  return Number.isSafeInteger(points) ? points : 0;
}
