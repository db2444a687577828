import { create, toJson } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { FrameMasksSchema, type Mask, MaskSchema, SaveTracksRequestSchema, TrackState } from "../../../proto/index.js";
import { accepted, emptyTrack, made, outdated, shown, type Track } from "../state/track.js";
import { tracksToKeep } from "./tracks-to-keep.js";

const mask = (counts: string): Mask =>
  create(MaskSchema, { rle: { size: [4, 6], counts }, area: counts.length, predictedIou: 0.5, bbox: { width: 1 } });
const like = (id: number) => ({ id, colour: 0, name: undefined });
/** A frame of one object as the service makes it. */
const tell = (track: Track, frame: number, object: number, state: TrackState, counts?: string): Track =>
  made(
    track,
    create(FrameMasksSchema, {
      frame,
      objects: [{ object, state, agreement: 0.75, ...(counts !== undefined && { mask: mask(counts) }) }],
    }),
  );
const kept = (track: Track, frames: number) =>
  tracksToKeep(
    track,
    frames,
    (id) => `track ${id}`,
    (id) => id + 10,
  );
const masksOf = (track: Track, frames: number) =>
  kept(track, frames).flatMap((portion) =>
    portion.frames.flatMap(({ frame, objects }) =>
      objects.map(({ object, state, mask }) => [frame, object, TrackState[state], mask?.rle?.counts]),
    ),
  );

it("tells the masks that stand: a person's, the service's, and where an object is absent", () => {
  let track = shown(emptyTrack, 0, mask("person"), like(1));
  track = tell(track, 1, 1, TrackState.TRACKED, "made");
  track = tell(track, 2, 1, TrackState.UNSURE, "doubtful");
  track = tell(track, 3, 1, TrackState.ABSENT);
  track = tell(track, 4, 1, TrackState.UNSURE, "right");
  track = tell(track, 5, 1, TrackState.TRACKED, "old");
  track = outdated(accepted(track, 4, 1), [{ object: 1, first: 5, last: 5 } as never]);
  // Of the last frame nothing is known.
  expect(masksOf(track, 7)).toEqual([
    [0, 1, "CORRECTED", "person"],
    [1, 1, "TRACKED", "made"],
    [2, 1, "UNSURE", "doubtful"],
    [3, 1, "ABSENT", undefined],
    [4, 1, "TRACKED", "right"],
  ]);
});

it("makes requests of the contract's form, with a track's name and label", () => {
  let track = shown(emptyTrack, 0, mask("p"), like(1));
  track = tell(track, 1, 1, TrackState.TRACKED, "m");
  const [portion] = kept(track, 2);
  const request = create(SaveTracksRequestSchema, { ...portion, dataset: "d", sequence: 3n, model: "sam" });
  const masked = (counts: string) => ({ rle: { size: [4, 6], counts }, area: 1, predictedIou: 0.5 });
  expect(toJson(SaveTracksRequestSchema, request)).toEqual({
    dataset: "d",
    sequence: "3",
    model: "sam",
    objects: [{ object: 1, name: "track 1", label: 11 }],
    frames: [
      { objects: [{ object: 1, state: "TRACK_STATE_CORRECTED", mask: masked("p") }] },
      { frame: 1, objects: [{ object: 1, state: "TRACK_STATE_TRACKED", mask: masked("m"), agreement: 0.75 }] },
    ],
  });
});

it("divides what a request has no room for: frames, long masks, and more objects than a request names", () => {
  let many = shown(emptyTrack, 0, mask("p"), like(1));
  for (let frame = 1; frame < 250; frame++) many = tell(many, frame, 1, TrackState.TRACKED, "m");
  expect(kept(many, 250).map(({ frames }) => frames.length)).toEqual([100, 100, 50]);
  let long = emptyTrack;
  for (let frame = 0; frame < 3; frame++) long = shown(long, frame, mask("m".repeat(600_000)), like(1));
  expect(kept(long, 3).map(({ frames }) => frames.map(({ frame }) => frame))).toEqual([[0], [1], [2]]);
  let crowd = emptyTrack;
  for (let id = 1; id <= 17; id++) crowd = shown(crowd, 0, mask("p"), like(id));
  expect(kept(crowd, 1).map(({ objects }) => objects.length)).toEqual([16, 1]);
  const named = kept(crowd, 1).map(({ objects, frames }) =>
    [objects, frames[0]?.objects].map((all) => all?.at(-1)?.object),
  );
  expect(named).toEqual([
    [16, 16],
    [17, 17],
  ]);
});
