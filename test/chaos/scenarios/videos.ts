import { WebSocket } from "ws";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { openVideo, type TrackedMask, type Video } from "../../../web-client/sdk/video/index.js";
import { clickOn, jpegScene } from "../../support/pictures.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";

const size = [320, 240] as const;
/** Seeds of pictures that nobody else opens. */
const firstSeed = 7000;

type Loss = (stage: Stage, files: readonly Buffer[]) => Promise<void>;
const encoderLost: Loss = ({ cluster }) => again(cluster, "encoder");
const decoderLost: Loss = ({ cluster }) => again(cluster, "decoder-1");
const gatewayLost: Loss = ({ cluster }) => again(cluster, "gateway-1");

/**
 * A video is followed while all that it needs is lost, one after the other. What a person has shown, and each frame's masks, are those of
 * the same video undisturbed, to the last bit.
 */
export const videos: Scenario = {
  name: "videos",
  title: "an emptied cache, and kill -9 of an encoder, a decoder and the gateway, in the middle of a video",
  disturb: (stage) => lose(stage, [forget, encoderLost, decoderLost, forget, gatewayLost]),
};

/** The same for the suite: of what is killed that alone which a video's own state is in. */
export const fewVideos: Scenario = {
  name: "videos",
  title: "an emptied cache with a decoder, and the gateway, in the middle of a video",
  disturb: (stage) => lose(stage, [(...all) => Promise.all([forget(...all), decoderLost(...all)]), gatewayLost]),
};

/** @param losses while a frame is made: a frame each, behind the one that a person shows and one that nothing disturbs. */
async function lose(stage: Stage, losses: readonly ((...all: Parameters<Loss>) => Promise<unknown>)[]): Promise<void> {
  const frames = losses.length + 2;
  const files = await Promise.all(Array.from({ length: frames }, (_, at) => jpegScene(...size, firstSeed + at)));
  const calm = await follow(stage, files, 1, async () => {});
  const stormy = await follow(stage, files, 0, async (frame) => {
    stage.fault();
    await losses[frame - 2]?.(stage, files);
  });
  stage.notes.push(`${losses.length} losses in a video of ${frames} frames`);
  for (const [frame, masks] of calm.entries()) {
    if (stormy[frame] !== masks)
      stage.problems.push(`frame ${frame} of the video has ${stormy[frame]}, undisturbed ${masks}`);
  }
}

/**
 * Followed forwards from the first frame, a frame after the other.
 * @param onBegun told of a frame when it is begun; the next waits for it too. @returns each frame's masks, in words.
 */
async function follow(
  { cluster, waits }: Stage,
  files: readonly Buffer[],
  gateway: number,
  onBegun: (frame: number) => Promise<void>,
): Promise<string[]> {
  const video = await openVideo(files, { gateway: cluster.gateways[gateway] as string, WebSocket: WebSocket as never });
  try {
    await waits.during(() => "for the frames of a video to be sent", video.sent);
    const shown = video.show({ frame: 0, object: 1, points: [clickOn("disc", ...size)] });
    await waits.during(() => "for what a video is to be followed from", shown);
    for (let frame = 1; frame < files.length; frame++) {
      const made = Promise.all([onBegun(frame), drained(video.run({ last: frame }))]);
      await waits.during(() => `for frame ${frame} of a video`, made);
    }
    return files.map((_, frame) => wordsOf(video, frame));
  } finally {
    video.close();
  }
}

async function drained(run: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of run);
}

const wordsOf = (video: Video, frame: number) =>
  video
    .at(frame)
    .map(({ object, state, mask }: TrackedMask) => `${object} ${state} ${mask?.rle?.counts}`)
    .join(", ");

async function again(cluster: Stage["cluster"], name: string): Promise<void> {
  await cluster.kill(name);
  await cluster.restart(name);
}

async function forget({ cluster }: Stage, files: readonly Buffer[]): Promise<void> {
  for (const file of files) await cluster.redis.remove(imageIdOf(file));
}
