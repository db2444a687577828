import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { KnownPictureSchema } from "../../../proto/index.js";
import { mostMaskBytes, withinRequest } from "./within-request.js";

const picture = (frame: number, everywhere: boolean, objects: readonly number[], bytes: number) =>
  create(KnownPictureSchema, {
    frame,
    everywhere,
    masks: objects.map((object) => ({ object, rle: { size: [9, 9], counts: "1".repeat(bytes) } })),
  });
const framesOf = (pictures: ReturnType<typeof withinRequest>) => pictures.map(({ frame }) => frame);

describe("Y6 what a frame is made from", () => {
  const pictures = [
    picture(0, true, [1, 2], 30),
    picture(3, true, [1], 30),
    picture(6, false, [1, 2], 30),
    picture(7, true, [1], 30),
    picture(8, false, [1, 2], 30),
  ];

  it.each([
    [240, [0, 3, 6, 7, 8]],
    [239, [0, 3, 7, 8]],
    [179, [0, 3, 7]],
    [119, [0, 7]],
    // Object 2 is shown there alone.
    [89, [0]],
    [0, [0]],
  ])("is what fits into %i bytes of a decoder's request, without what is farthest off", (most, frames) => {
    expect(framesOf(withinRequest(pictures, most))).toEqual(frames);
  });

  it("has room in a request for sixteen objects in all frames that a memory looks back at", () => {
    expect(mostMaskBytes).toBeGreaterThan(7 * 1024 * 1024);
    const objects = Array.from({ length: 16 }, (_, at) => at + 1);
    const all = Array.from({ length: 21 }, (_, at) => picture(at, at < 6, objects, 20_000));
    expect(withinRequest(all)).toEqual(all);
    const ragged = Array.from({ length: 21 }, (_, at) => picture(at, at < 6, objects, 40_000));
    expect(framesOf(withinRequest(ragged))).toEqual([0, 1, 2, 3, 4, 5, 14, 15, 16, 17, 18, 19, 20]);
  });
});
