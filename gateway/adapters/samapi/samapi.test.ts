import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ServedAdapters } from "../testing/serve-adapters.js";

const b64img = Buffer.from("a slide").toString("base64");
let served: ServedAdapters;
beforeAll(async () => {
  served = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "samapi" });
});
afterAll(() => served?.[Symbol.asyncDispose]());
beforeEach(() => {
  served.segments.length = 0;
  served.searches.length = 0;
});

const feature = (left: number, top: number, index = 0) => ({
  type: "Feature",
  geometry: {
    type: "Polygon",
    coordinates: [
      expect.arrayContaining([
        [left, top],
        [left + 6, top],
        [left + 6, top + 6],
        [left, top + 6],
      ]),
    ],
  },
  properties: { object_idx: index, label: "object", quality: expect.closeTo(0.9), sam_model: "vit_b" },
});

describe("X14 QuPath's samapi", () => {
  it("says which version of the protocol it speaks, as text, and which weights there are", async () => {
    const { body, headers } = await served.ask("samapi/sam/version/");
    expect([body, headers.get("content-type")]).toEqual(["0.7.1", "text/plain; charset=utf-8"]);
    expect((await served.ask("samapi/sam/weights/?type=vit_h")).body).toEqual([
      { type: "vit_h", name: "default", url: "" },
    ]);
    expect((await served.ask("samapi/sam/weights/")).body).toHaveLength(8);
    expect((await served.ask("samapi/sam/progress/")).body).toEqual({ message: expect.any(String), percent: 0 });
    expect((await served.ask("samapi/sam/weights/cancel/")).status).toBe(200);
    expect(await served.ask("samapi/sam/weights/", { type: "vit_h", name: "mine" })).toMatchObject({
      status: 501,
      body: { detail: expect.stringMatching(/\.$/) },
    });
  });

  it("answers a box and points with features, each closed by its first corner", async () => {
    const asked = {
      type: "vit_b",
      bbox: [2, 3, 20, 21],
      point_coords: [
        [5, 6],
        [9, 9],
      ],
      point_labels: [1, 0],
      b64img,
      b64mask: null,
      multimask_output: false,
      checkpoint_url: null,
    };
    const { body } = await served.ask("samapi/sam/", asked);
    expect(body).toEqual([feature(2, 3)]);
    const [{ geometry }] = body as [{ geometry: { coordinates: number[][][] } }];
    expect(geometry.coordinates[0]?.at(-1)).toEqual(geometry.coordinates[0]?.[0]);
    expect(served.segments[0]).toMatchObject({
      prompt: { box: { x0: 2, y0: 3, x1: 20, y1: 21 }, points: [{ label: 1 }, { label: 0 }] },
    });
  });

  it("finds everything with what it is told, leaving out what the edge cuts", async () => {
    const settings = {
      points_per_side: 8,
      pred_iou_thresh: 0.5,
      stability_score_thresh: 0.6,
      box_nms_thresh: 0.7,
      crop_n_layers: 0,
      min_mask_region_area: 10,
    };
    const { body } = await served.ask("samapi/sam/automask/", { type: "vit_b", b64img, ...settings });
    expect(body).toEqual([feature(2, 3, 0), feature(20, 10, 1)]);
    expect(served.searches[0]).toMatchObject({
      pointsPerSide: 8,
      predIouThresh: expect.closeTo(0.5),
      stabilityScoreThresh: expect.closeTo(0.6),
      minMaskRegionArea: 10,
    });
    expect(
      (await served.ask("samapi/sam/automask/", { b64img, output_type: "Multi-mask (largest)" })).body,
    ).toHaveLength(1);
  });

  it.each([
    ["no picture", {}, 400, /b64img/],
    ["a box of three numbers", { b64img, bbox: [1, 2, 3] }, 400, /bbox/],
    [
      "a picture that is none",
      { b64img: Buffer.from("broken").toString("base64"), point_coords: [[1, 1]] },
      422,
      /damaged/,
    ],
  ])("X3: is told of %s as FastAPI says it", async (_name, body, status, detail) => {
    expect(await served.ask("samapi/sam/", body)).toMatchObject({
      status,
      body: { detail: expect.stringMatching(detail) },
    });
  });
});
