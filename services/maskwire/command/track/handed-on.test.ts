import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FrameMasksSchema, ModelSchema, maxKnownFrames, TrackState } from "../../../../proto/index.js";
import { handedOn, reachOf } from "./handed-on.js";

const mask = { rle: { size: [2, 2], counts: "13" }, area: 3 };
const frames = (...of: [frame: number, objects: readonly [object: number, state: TrackState][]][]) =>
  new Map(
    of.map(([frame, objects]) => [
      frame,
      create(FrameMasksSchema, {
        frame,
        objects: objects.map(([object, state]) => ({
          object,
          state,
          ...(state === TrackState.ABSENT ? {} : { mask }),
        })),
      }),
    ]),
  );

describe("What a portion of a video goes on from", () => {
  it("is the frames on either side of it, with what each object was there, absent too", () => {
    const masks = frames(
      [30, [[1, TrackState.TRACKED]]],
      [
        31,
        [
          [1, TrackState.UNSURE],
          [2, TrackState.ABSENT],
        ],
      ],
      [40, [[1, TrackState.TRACKED]]],
      [66, [[1, TrackState.TRACKED]]],
    );
    expect(handedOn(masks, { first: 32, last: 63 }, 3)).toEqual([
      {
        frame: 31,
        masks: [
          { object: 1, state: TrackState.UNSURE, rle: expect.objectContaining({ counts: "13" }) },
          { object: 2, state: TrackState.ABSENT },
        ],
      },
      { frame: 30, masks: [{ object: 1, state: TrackState.TRACKED, rle: expect.anything() }] },
      { frame: 66, masks: [{ object: 1, state: TrackState.TRACKED, rle: expect.anything() }] },
    ]);
    expect(handedOn(masks, { first: 32, last: 63 }, 1)).toHaveLength(1);
  });

  it("leaves what a person has shown to the prompts, and no more than that of its frame", () => {
    const masks = frames(
      [5, [[1, TrackState.CORRECTED]]],
      [
        6,
        [
          [1, TrackState.CORRECTED],
          [2, TrackState.TRACKED],
        ],
      ],
    );
    const known = handedOn(masks, { first: 7, last: 9 }, 15);
    expect(known.map(({ frame, masks: own }) => [frame, own?.map(({ object }) => object)])).toEqual([[6, [2]]]);
  });

  it("is as much as the model looks back at", () => {
    const memory = { shownFrames: 6, madeFrames: 15 };
    const models = [
      create(ModelSchema, { id: "labels", usual: true, capabilities: {} }),
      create(ModelSchema, { id: "memory", capabilities: { memory } }),
      create(ModelSchema, { id: "far", capabilities: { memory: { ...memory, madeFrames: 1e6 } } }),
    ];
    expect(["", "labels", "memory", "unknown"].map((id) => reachOf(models, id))).toEqual([3, 3, 15, 3]);
    expect(reachOf(models, "far")).toBe(maxKnownFrames / 2);
  });
});
