import { create } from "@bufbuild/protobuf";
import {
  EncodeReadySchema,
  encodeRle,
  MaskSchema,
  RleSchema,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  type SegmentEverythingRequest,
  type SegmentRequest,
  SegmentResultSchema,
} from "../../../../proto/index.js";
import type { Engine, EngineCall } from "../engine.js";

/** Pictures of tests have this size. */
export const side = 10;

/** A mask of whole columns. */
export function columns(from: number, to: number) {
  const runs = Uint32Array.of(from * side, (to - from) * side, (side - to) * side);
  return create(RleSchema, encodeRle({ width: side, height: side, runs }));
}

export const maskOf = (from: number, to: number) =>
  create(MaskSchema, {
    rle: columns(from, to),
    bbox: { x: from, y: 0, width: to - from, height: side },
    area: (to - from) * side,
    predictedIou: 0.9,
    stabilityScore: 0.97,
  });

const found = (id: number, from: number, to: number): SegmentEverythingEvent =>
  create(SegmentEverythingEventSchema, {
    event: {
      case: "found",
      value: {
        id,
        mask: maskOf(from, to),
        point: { x: from, y: 1, label: 1 },
        cropBox: { x: 0, y: 0, width: side, height: side },
      },
    },
  });

/** Two objects, one that is retracted, and one of everything. */
const events = [
  found(1, 0, 2),
  found(2, 3, 5),
  found(3, 6, 9),
  found(4, 0, 10),
  create(SegmentEverythingEventSchema, { event: { case: "retracted", value: { id: 3 } } }),
  create(SegmentEverythingEventSchema, { event: { case: "done", value: {} } }),
];

/** An engine that finds the same in every picture. */
export class FakeEngine implements Engine {
  readonly asked: SegmentEverythingRequest[] = [];
  readonly segmented: SegmentRequest[] = [];
  /** How often each picture was looked at. */
  readonly looks = new Map<string, number>();
  /** Before a picture is looked at. */
  onLook: (imageId: string, call: EngineCall) => Promise<void> | void = () => {};
  /** Whether its servers have said what they serve. */
  hasHeard = true;
  /** What a prompt is answered with. */
  answer = (_request: SegmentRequest) => [maskOf(0, 2)];

  /** Pictures that were encoded. */
  readonly encoded = new Set<string>();

  async encode({ imageId }: { imageId: string }, _file: unknown, call: EngineCall) {
    const cached = this.encoded.has(imageId);
    const taken = call.takeEncode?.();
    if (cached) taken?.correct(-1);
    this.encoded.add(imageId);
    return create(EncodeReadySchema, { cached });
  }

  async everything(request: SegmentEverythingRequest, call: EngineCall) {
    this.asked.push(request);
    const { imageId } = request;
    this.looks.set(imageId, (this.looks.get(imageId) ?? 0) + 1);
    await this.onLook(imageId, call);
    return (async function* () {
      for (const event of events) {
        call.signal.throwIfAborted();
        yield event;
      }
    })();
  }

  async segment(request: SegmentRequest) {
    this.segmented.push(request);
    return create(SegmentResultSchema, { masks: this.answer(request) });
  }

  weightsOf(model: string) {
    return model === "tiny" ? "ab" : "";
  }

  async models() {
    return {
      known: this.hasHeard ? [{ id: "tiny", usual: true, weights: "ab", takesMasks: true }] : [],
      areAll: this.hasHeard,
    };
  }
}
