import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  FrameMasksSchema,
  FrameRangeSchema,
  ObjectPromptedSchema,
  type TrackCommand,
  TrackState,
} from "../../../proto/index.js";
import { VideoMemory } from "./video-memory.js";

const frame = (at: number, state = TrackState.TRACKED, object = 1, counts = `${object} at ${at}`) =>
  create(FrameMasksSchema, {
    frame: at,
    objects: [{ object, state, ...(state === TrackState.ABSENT ? {} : { mask: { rle: { size: [6, 8], counts } } }) }],
  });
const prompted = (at: number, object: number, outdated: [number, number][] = []) =>
  create(ObjectPromptedSchema, {
    frame: frame(at, TrackState.CORRECTED, object),
    outdated: outdated.map(([first, last]) => create(FrameRangeSchema, { object, first, last })),
  });

/** A replay in a few words. */
const shortly = (commands: readonly TrackCommand["command"][]) =>
  commands.map((command) => {
    switch (command.case) {
      case "open":
      case "append":
        return `${command.case} ${command.value.imageIds.length}${command.value.more ? " more" : ""}`;
      case "prompt": {
        const { frame: at, object, prompt } = command.value.prompt ?? {};
        return `prompt ${object} at ${at}: ${prompt?.mask?.source.case}`;
      }
      case "known":
        return `known ${command.value.frames.map(({ frame: at, masks }) => `${at}: ${masks.map(({ object }) => object)}`).join(", ")}`;
      default:
        return command.case;
    }
  });

function memory(frames: number): VideoMemory {
  const video = new VideoMemory({ model: "tiny" });
  video.imageIds.push(...Array.from({ length: frames }, (_, at) => `id ${at}`));
  return video;
}

it("says all again: frames, what was shown as it is, and what was made and is not out of date", () => {
  const video = memory(9);
  video.heardPrompted(prompted(0, 1));
  for (const at of [1, 2, 3]) video.heardFrame(frame(at));
  video.heardFrame(frame(4, TrackState.ABSENT));
  video.heardPrompted(prompted(3, 1, [[1, 2]]));
  expect(shortly(video.replay())).toEqual(["open 9 more", "prompt 1 at 0: rle", "prompt 1 at 3: rle", "known 4: 1"]);
  video.heardFrame(frame(1));
  video.more = false;
  expect(shortly(video.replay())).toEqual(["open 9", "prompt 1 at 0: rle", "prompt 1 at 3: rle", "known 1: 1, 4: 1"]);
});

it("keeps what a frame does not name, and forgets an object with the last that was shown of it", () => {
  const video = memory(3);
  video.heardPrompted(prompted(0, 1));
  video.heardPrompted(prompted(0, 2));
  video.heardFrame(frame(1));
  video.heardFrame(frame(1, TrackState.TRACKED, 2));
  expect(video.at(1).map(({ object }) => object)).toEqual([1, 2]);
  video.removed(2, 0);
  expect(video.at(0).map(({ object }) => object)).toEqual([1]);
  expect(video.at(1).map(({ object }) => object)).toEqual([1]);
});

it("says it in portions that a gateway reads", () => {
  const video = memory(12_000);
  video.more = false;
  video.heardPrompted(prompted(0, 1));
  for (let at = 1; at < 700; at++) video.heardFrame(frame(at, TrackState.TRACKED, 1, "x".repeat(1000)));
  const commands = video.replay();
  expect(shortly(commands).slice(0, 4)).toEqual([
    "open 5000 more",
    "append 5000 more",
    "append 2000",
    "prompt 1 at 0: rle",
  ]);
  const known = commands.flatMap((command) => (command.case === "known" ? [command.value.frames] : []));
  expect(known.flat()).toHaveLength(699);
  expect(Math.max(...known.map((frames) => frames.length))).toBeLessThan(270);
});
