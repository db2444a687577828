import { WebSocket } from "ws";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { openVideo, type TrackedMask, type Video } from "../../../web-client/sdk/video/index.js";
import { clickOn, jpegScene } from "../../support/pictures.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";

const size = [320, 240] as const;
const frames = 6;
/** Seeds of pictures that nobody else opens. */
const firstSeed = 7000;

/** What is lost, in the middle of a video, by how many of its frames are made. */
const losses: readonly [made: number, lose: (stage: Stage, files: readonly Buffer[]) => Promise<void>][] = [
  [1, forget],
  [2, ({ cluster }) => again(cluster, "encoder")],
  [3, ({ cluster }) => again(cluster, "decoder-1")],
  [4, ({ cluster }) => again(cluster, "gateway-1")],
];

/**
 * A video is followed while all that it needs is lost, one after the other. What a person has shown, and each frame's masks, are those of
 * the same video undisturbed, to the last bit.
 */
export const videos: Scenario = {
  name: "videos",
  title: "an emptied cache, and kill -9 of an encoder, a decoder and the gateway, in the middle of a video",
  async disturb(stage) {
    const files = await Promise.all(Array.from({ length: frames }, (_, at) => jpegScene(...size, firstSeed + at)));
    const calm = await follow(stage, files, 1, async () => {});
    let tried = 0;
    const stormy = await follow(stage, files, 0, async (made) => {
      const loss = losses.find(([at]) => at === made);
      if (!loss) return;
      tried++;
      stage.fault();
      await loss[1](stage, files);
    });
    stage.notes.push(`${tried} losses in a video of ${frames} frames`);
    for (const [frame, masks] of calm.entries()) {
      if (stormy[frame] !== masks)
        stage.problems.push(`frame ${frame} of the video has ${stormy[frame]}, undisturbed ${masks}`);
    }
  },
};

/** Followed forwards from the first frame. @returns each frame's masks, in words. */
async function follow(
  { cluster, waits }: Stage,
  files: readonly Buffer[],
  gateway: number,
  onMade: (frames: number) => Promise<void>,
): Promise<string[]> {
  const video = await openVideo(files, { gateway: cluster.gateways[gateway] as string, WebSocket: WebSocket as never });
  try {
    let made = 0;
    const work = async () => {
      await video.show({ frame: 0, object: 1, points: [clickOn("disc", ...size)] });
      for await (const _ of video.run()) await onMade(++made);
    };
    await waits.during(() => `for a video of which ${made} frames are made`, work());
    return files.map((_, frame) => wordsOf(video, frame));
  } finally {
    video.close();
  }
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
