import { expect, it } from "vitest";
import type { Shelf } from "../frames/shelf.js";
import { emptyTrack, type TrackedObject } from "../state/track.js";
import { exportVideo } from "./export-video.js";

it("refuses to lay objects of two numbers into one byte of a palette PNG", async () => {
  const objects = [1, 256].map((id) => ({ id })) as unknown as TrackedObject[];
  const shelf = { frames: [] } as unknown as Shelf;
  const video = { name: "ride.mp4", width: 4, height: 3, shelf, track: { ...emptyTrack, objects } };
  const options = { withFrames: false, onProgress: () => {}, signal: new AbortController().signal };
  await expect(exportVideo(video, { ...options, format: "davis" })).rejects.toThrow("up to number 255");
  await expect(exportVideo(video, { ...options, format: "rgba" })).resolves.toMatchObject({ name: "ride.rgba.zip" });
});
