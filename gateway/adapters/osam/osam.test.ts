import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ServedAdapters } from "../testing/serve-adapters.js";

const image = Buffer.from("a picture").toString("base64");
let served: ServedAdapters;
beforeAll(async () => {
  served = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "osam" });
});
afterAll(() => served?.[Symbol.asyncDispose]());
beforeEach(() => {
  served.segments.length = 0;
});

interface Answer {
  annotations: { bounding_box: object; mask: string; text: string | null; score: number | null }[];
}
const generate = (prompt?: object, rest: object = {}) =>
  served.ask("osam/api/generate", { model: "sam:latest", image, ...(prompt && { prompt }), ...rest });
const box = (left: number, top: number) => ({ xmin: left, ymin: top, xmax: left + 5, ymax: top + 5 });

describe("X15 osam", () => {
  it("is running", async () => {
    expect((await served.ask("osam/")).body).toBe("osam is running");
  });

  it("answers points with a PNG of the mask's box, corners inclusive", async () => {
    const { body } = await generate({
      points: [
        [10, 12],
        [30, 20],
      ],
      point_labels: [1, 0],
    });
    const { annotations } = body as Answer;
    expect(body).toMatchObject({ model: "sam:latest", image_embedding: null });
    expect(annotations).toEqual([{ bounding_box: box(10, 12), text: null, score: null, mask: expect.any(String) }]);
    const { data, info } = await sharp(Buffer.from(annotations[0]?.mask ?? "", "base64"))
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels, new Set(data)]).toEqual([6, 6, 1, new Set([255])]);
    expect(served.segments[0]?.prompt?.points).toMatchObject([{ label: 1 }, { label: 0 }]);
  });

  it("takes two points for a box, and the middle where nothing is said", async () => {
    await generate({
      points: [
        [3, 4],
        [20, 21],
      ],
      point_labels: [2, 3],
    });
    expect(served.segments[0]?.prompt).toMatchObject({ points: [], box: { x0: 3, y0: 4, x1: 20, y1: 21 } });
    expect(((await generate()).body as Answer).annotations[0]?.bounding_box).toEqual(box(20, 15));
  });

  it("answers words with their name", async () => {
    const { body } = await generate(
      { texts: ["cat"], score_threshold: 0.1, max_annotations: 100 },
      { model: "yoloworld:latest" },
    );
    expect((body as Answer).annotations).toMatchObject([{ text: "cat", score: expect.closeTo(0.8) }]);
  });

  it.each([
    ["another model", undefined, { model: "gpt:latest" }, 400, /gpt/],
    ["half a box", { points: [[1, 1]], point_labels: [2] }, {}, 400, /corners/],
    ["words that nothing is known by", { texts: ["unicorn"] }, {}, 422, /unicorn/],
    ["no picture", undefined, { image: undefined }, 400, /image/],
  ])("X3: is told of %s", async (_name, prompt, rest, status, detail) => {
    expect(await generate(prompt, rest)).toMatchObject({ status, body: { detail: expect.stringMatching(detail) } });
  });
});
