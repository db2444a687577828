import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";
import { MaskFormat, type SegmentRequest, SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { logitsOf, result } from "../sessions/testing/session-events.js";
import { DetailParts } from "./detail/detail-parts.js";
import { encodedMask } from "./detail/testing/encoded-mask.js";
import type { Region } from "./region.js";
import { withSteps } from "./steps.js";

type PromptInit = NonNullable<MessageInitShape<typeof SegmentRequestSchema>["prompt"]>;
const call = { signal: new AbortController().signal };
type Previous = {
  sequence?: number;
  mask: number;
  steps: { prompt?: PromptInit; multimask?: boolean; mask?: number; crop?: Partial<Region> }[];
};

const points = (count: number) => ({ points: Array.from({ length: count }, (_, index) => ({ x: index, y: 1 })) });
const request = (previous: Previous) =>
  create(SegmentRequestSchema, {
    sequence: 9,
    imageId: "sha256:a",
    prompt: { ...points(3), mask: { source: { case: "previous", value: previous } } },
  });

/** Answers with masks whose logits tell which decode they are of, and which mask of it. */
function decoder() {
  const asked: SegmentRequest[] = [];
  const decode = async (one: SegmentRequest) => {
    asked.push(one);
    return result(10 * asked.length, 10 * asked.length + 1);
  };
  return { asked, decode };
}

const logitsIn = ({ prompt }: SegmentRequest) =>
  prompt?.mask?.source.case === "lowResLogits" ? prompt.mask.source.value : undefined;

describe("withSteps", () => {
  it("C8, S3: makes a mask again, each step from the chosen mask of the one before", async () => {
    const { asked, decode } = decoder();
    const steps = [{ prompt: points(1), multimask: true, mask: 1 }, { prompt: points(2) }];
    await withSteps({ perPicture: 2 }, decode)(request({ sequence: 8, mask: 0, steps }), call);
    expect(asked.map(({ prompt }) => prompt?.points.length)).toEqual([1, 2, 3]);
    expect(asked.map(({ multimask }) => multimask)).toEqual([true, undefined, undefined]);
    expect(asked.map(logitsIn)).toEqual([undefined, logitsOf(11), logitsOf(20)]);
    expect(asked.slice(0, 2).map(({ formats }) => formats)).toEqual(Array(2).fill([MaskFormat.LOW_RES_LOGITS]));
    expect(asked.every(({ imageId }) => imageId === "sha256:a")).toBe(true);
  });

  it("Z7 makes a finer mask again as it was made: on the whole picture, then on the part from the logits of that", async () => {
    const crop = { x: 384, y: 256, width: 288, height: 288 };
    const asked: SegmentRequest[] = [];
    const decode = async (one: SegmentRequest) => {
      asked.push(one);
      const mask = encodedMask({ width: 1000, height: 800 }, { x: 500, y: 400, width: 40, height: 30 });
      return create(SegmentResultSchema, { masks: [{ ...mask, lowResLogits: logitsOf(asked.length) }] });
    };
    const steps = [
      { prompt: points(1), crop },
      { prompt: points(2), multimask: true },
    ];
    await withSteps({ perPicture: 2 }, decode)(request({ sequence: 8, mask: 0, steps }), call);
    expect(asked.map(({ prompt }) => prompt?.points.length)).toEqual([1, 1, 2, 3]);
    expect(asked.map(({ crop }) => crop?.x)).toEqual([undefined, 384, undefined, undefined]);
    expect(asked.map(logitsIn)).toEqual([undefined, logitsOf(1), logitsOf(2), logitsOf(3)]);
    expect(asked.map(({ multimask }) => multimask)).toEqual([undefined, false, true, undefined]);
    const elsewhere = [{ prompt: points(1), crop: { ...crop, x: 385 } }];
    const half = [{ prompt: points(1), crop: { x: 384, y: 256, width: 288 } }];
    for (const wrong of [elsewhere, half]) {
      await expect(
        withSteps({ perPicture: 2 }, decode)(request({ sequence: 8, mask: 0, steps: wrong }), call),
      ).rejects.toMatchObject({
        code: Code.INVALID_ARGUMENT,
      });
    }
  });

  it("Z6 has no more parts encoded than a session may, whoever names them", async () => {
    const decode = vi.fn(async (_request: SegmentRequest) => {
      const mask = encodedMask({ width: 2000, height: 800 }, { x: 500, y: 400, width: 40, height: 30 });
      return create(SegmentResultSchema, { masks: [{ ...mask, lowResLogits: logitsOf(1) }] });
    });
    const steps = (...at: number[]) =>
      at.map((x) => ({ prompt: points(1), crop: { x, y: 256, width: 288 + 512 - x, height: 288 } }));
    const ask = (parts: DetailParts | undefined, ...at: number[]) =>
      withSteps({ perPicture: 2 }, decode)(request({ sequence: 8, mask: 0, steps: steps(...at) }), {
        ...call,
        takePart: parts && ((picture, part) => parts.take(picture, part)),
      });
    /** The parts in which something was decoded. */
    const partsOf = async (parts: DetailParts | undefined, ...at: number[]) => {
      decode.mockClear();
      await ask(parts, ...at);
      return decode.mock.calls.flatMap(([{ crop }]) => (crop ? [crop.x] : []));
    };
    expect(await partsOf(undefined, 384, 448, 384)).toEqual([384, 448, 384]);
    // The step goes on from its mask on the whole picture.
    expect(await partsOf(undefined, 384, 448, 320)).toEqual([384, 448]);
    const ofSession = new DetailParts({ perPicture: 1, perSession: 8 });
    expect(await partsOf(ofSession, 384, 384)).toEqual([384, 384]);
    expect(await partsOf(ofSession, 448)).toEqual([]);
    expect(decode.mock.calls.at(-1)?.[0].prompt?.mask?.source.case).toBe("lowResLogits");
  });

  it("passes on what starts from nothing", async () => {
    const { asked, decode } = decoder();
    const plain = create(SegmentRequestSchema, { sequence: 1, prompt: points(1) });
    await withSteps({ perPicture: 2 }, decode)(plain, call);
    expect(asked).toEqual([plain]);
  });

  const wrong = Code.INVALID_ARGUMENT;
  const notNow = Code.FAILED_PRECONDITION;
  it.each([
    ["more steps than the contract allows", { mask: 0, steps: Array(33).fill({ prompt: points(1) }) }, 0, wrong],
    ["a mask that is not kept, with no steps to it", { mask: 0, steps: [] }, 0, notNow],
    ["a mask that a step does not give", { mask: 2, steps: [{ prompt: points(1) }] }, 1, notNow],
    ["a mask that a step between does not give", { mask: 0, steps: [{ prompt: points(1), mask: 7 }, {}] }, 1, notNow],
    [
      "a step that has a previous itself",
      { mask: 0, steps: [{ prompt: { mask: { source: { case: "previous" as const, value: {} } } } }] },
      0,
      wrong,
    ],
  ])("C8 refuses %s", async (_name, previous, decodes, code) => {
    const { asked, decode } = decoder();
    const refused = withSteps({ perPicture: 2 }, decode)(request({ sequence: 8, ...previous }), call);
    await expect(refused).rejects.toMatchObject({ code });
    expect(asked.length).toBe(decodes);
  });

  it("C11 refuses a `previous` that does not say which answer it means", async () => {
    const { asked, decode } = decoder();
    const refused = withSteps({ perPicture: 2 }, decode)(request({ mask: 0, steps: [{ prompt: points(1) }] }), call);
    await expect(refused).rejects.toMatchObject({
      code: wrong,
      message: expect.stringContaining("`mask.previous.sequence`"),
    });
    expect(asked).toEqual([]);
  });
});
