import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  DetailMode,
  EncodeReadySchema,
  type LowResLogits,
  MaskFormat,
  MaskSchema,
  type SegmentRequest,
  SegmentRequestSchema,
  type SegmentResult,
  SegmentResultSchema,
} from "../../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../../services/runtime/errors.js";
import type { Region } from "../region.js";
import type { DetailOutcome } from "./detail-metrics.js";
import { encodedMask } from "./testing/encoded-mask.js";
import { withDetail } from "./with-detail.js";

/** Without whole messages, so that one can be put together of two. */
type RequestInit = Exclude<MessageInitShape<typeof SegmentRequestSchema>, { $typeName: string }>;

const picture = { width: 1000, height: 800 };
const imageId = `sha256:${"a".repeat(64)}`;

const mask = (region: Region, byte: number, crop?: LowResLogits["crop"]) =>
  create(MaskSchema, {
    ...encodedMask(picture, region),
    lowResLogits: { width: 1, height: 1, data: Uint8Array.of(byte, 0), ...(crop && { crop }) },
  });

const small = { x: 500, y: 400, width: 40, height: 30 };
const large = { x: 100, y: 100, width: 800, height: 600 };
/** Where `small` is looked at. */
const part = { x: 384, y: 256, width: 288, height: 288 };

interface World {
  first?: Region[];
  /** What a decode on a part finds, by the byte of the logits that it starts from. */
  finer?: (start: number) => Region;
  encode?: () => Promise<unknown>;
  perPicture?: number;
}

function world({ first = [small], finer = () => ({ ...small, width: 41 }), encode, perPicture = 1 }: World) {
  const asked: SegmentRequest[] = [];
  const encoded: unknown[] = [];
  const outcomes: DetailOutcome[] = [];
  const segment = async (request: SegmentRequest): Promise<SegmentResult> => {
    asked.push(request);
    const { prompt, crop } = request;
    const timings = { decodeMs: crop ? 3 : 40 };
    if (!crop) return create(SegmentResultSchema, { imageId, masks: first.map((one, at) => mask(one, at)), timings });
    const start = prompt?.mask?.source;
    if (start?.case !== "lowResLogits") throw new Error("a part is decoded from logits");
    const byte = start.value.data[0] as number;
    return create(SegmentResultSchema, { imageId, masks: [mask(finer(byte), 10 + byte, crop)], timings });
  };
  const encodePart = async (one: unknown) => {
    encoded.push(one);
    await encode?.();
    return create(EncodeReadySchema, {});
  };
  const events = { ended: (outcome: DetailOutcome) => void outcomes.push(outcome) };
  const answer = withDetail({ segment, encodePart }, { perPicture }, events);
  const ask = (init: RequestInit = {}, signal = new AbortController().signal) =>
    answer(
      create(SegmentRequestSchema, {
        imageId,
        model: "m",
        detail: DetailMode.ALWAYS,
        prompt: { points: [{ x: 510, y: 410 }] },
        ...init,
      }),
      { signal },
    );
  return { ask, asked, encoded, outcomes };
}

const widthOf = ({ masks }: SegmentResult) => masks.map(({ bbox }) => bbox?.width);

describe("an answer that is waited for", () => {
  it("Z1 is as fine as it gets, and says where", async () => {
    const { ask, asked, encoded, outcomes } = world({});
    const result = await ask({ multimask: true, formats: [MaskFormat.PNG] });
    expect(widthOf(result)).toEqual([41]);
    expect(result.detail).toMatchObject({ crop: part, masks: [0] });
    expect(result.timings?.decodeMs).toBe(3);
    expect(result.masks[0]?.lowResLogits).toBeUndefined();
    expect(encoded).toEqual([{ imageId, model: "m", crop: part }]);
    const [first, second] = asked;
    expect(first?.formats).toEqual([MaskFormat.PNG, MaskFormat.LOW_RES_LOGITS]);
    expect(second).toMatchObject({
      crop: part,
      detail: DetailMode.OFF,
      formats: [MaskFormat.PNG, MaskFormat.LOW_RES_LOGITS],
    });
    expect([second?.multimask, second?.view]).toEqual([false, undefined]);
    expect(second?.prompt?.points).toEqual(first?.prompt?.points);
    expect(outcomes).toEqual(["finer"]);
  });

  it("Z1 has of several masks those made finer that lie in the part, each from its own logits", async () => {
    const inside = { x: 490, y: 390, width: 80, height: 60 };
    const { ask, asked } = world({
      first: [small, large, inside],
      finer: (start) => (start === 0 ? small : { ...inside, width: 79 }),
    });
    const result = await ask({ formats: [MaskFormat.LOW_RES_LOGITS] });
    expect(widthOf(result)).toEqual([40, 800, 79]);
    expect(result.detail?.masks).toEqual([0, 2]);
    expect(result.masks.map(({ lowResLogits }) => [lowResLogits?.data[0], lowResLogits?.crop?.x])).toEqual([
      [10, 384],
      [1, undefined],
      [12, 384],
    ]);
    expect(asked).toHaveLength(3);
  });

  it("Z4 is the first where the finer one is of something else", async () => {
    const { ask, outcomes } = world({ finer: () => ({ x: 600, y: 500, width: 40, height: 30 }) });
    const result = await ask();
    expect([widthOf(result), result.detail, outcomes]).toEqual([[40], undefined, ["kept"]]);
  });

  it.each<[string, World, RequestInit]>([
    ["nobody asks for it", {}, { detail: DetailMode.OFF }],
    ["it is of words", {}, { prompt: { text: "cup" } }],
    ["the gateway is set to make nothing finer (Z6)", { perPicture: 0 }, {}],
    ["the object is large", { first: [large] }, {}],
    ["nothing was found", { first: [] }, {}],
  ])("Z1 is the first where %s", async (_name, given, init) => {
    const { ask, asked, encoded, outcomes } = world(given);
    const result = await ask(init);
    expect([asked.length, encoded, result.detail, outcomes]).toEqual([1, [], undefined, []]);
  });

  it.each<[string, () => Promise<never>, DetailOutcome]>([
    ["is refused", async () => Promise.reject(overloaded("Too many.", 10)), "refused"],
    ["fails", async () => Promise.reject(new ServiceError({ code: Code.UNAVAILABLE, message: "Lost." })), "failed"],
  ])("Z6 is the first where the part's encode %s", async (_name, encode, outcome) => {
    const { ask, outcomes } = world({ encode });
    const result = await ask();
    expect([widthOf(result), result.detail, outcomes]).toEqual([[40], undefined, [outcome]]);
  });

  it("ends with who waits for it", async () => {
    const leaving = new AbortController();
    const gone = new Error("gone");
    const { ask, outcomes } = world({
      encode: async () => {
        leaving.abort(gone);
        throw new Error("cancelled");
      },
    });
    await expect(ask({}, leaving.signal)).rejects.toBe(gone);
    expect(outcomes).toEqual(["left"]);
  });

  it("Z8 refuses a part of the caller's own choice", async () => {
    const { ask, asked } = world({});
    await expect(ask({ crop: part })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(asked).toEqual([]);
  });
});
