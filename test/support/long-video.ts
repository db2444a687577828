import sharp from "sharp";
import { WebSocket } from "ws";
import { bitmapToRle, encodeRle } from "../../proto/index.js";
import { openVideo } from "../../web-client/sdk/video/index.js";

const side = 96;
const square = 32;
/** Frames that are sent before the run comes to them. */
const ahead = 8;

/** To and fro. */
const leftOf = (frame: number) => Math.abs(((2 * frame + 64) % 128) - 64);

const isOn = (frame: number, x: number, y: number) =>
  x >= leftOf(frame) && x < leftOf(frame) + square && y >= square && y < 2 * square;

/** No two are alike: a corner counts them. */
async function frameOf(frame: number): Promise<Uint8Array> {
  const data = Buffer.alloc(3 * side ** 2, 100);
  for (let at = 0; at < side ** 2; at++) {
    if (isOn(frame, at % side, Math.floor(at / side))) data.set([230, 40, 40], 3 * at);
  }
  data.set([frame & 255, frame >> 8, 100], 0);
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

interface LongVideo {
  readonly url: string;
  readonly model: string;
  readonly frames: number;
  /** Told of each frame that was made, before the next is sent. */
  readonly onFrame: (frame: number) => Promise<void>;
}

/** Follows a square through many small frames, which are sent as the run comes near them. @returns in how many it was found. */
export async function followLong({ url, model, frames, onFrame }: LongVideo): Promise<number> {
  let made = 0;
  let wake = () => {};
  async function* paced() {
    for (let frame = 0; frame < frames; frame++) {
      while (frame > made + ahead) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      yield await frameOf(frame);
    }
  }
  const video = await openVideo(paced(), { gateway: url, model, WebSocket: WebSocket as never });
  try {
    const bitmap = Uint8Array.from({ length: side ** 2 }, (_, at) => Number(isOn(0, at % side, Math.floor(at / side))));
    await video.show({ frame: 0, object: 1, mask: encodeRle(bitmapToRle(bitmap, side, side)) });
    let found = 0;
    for await (const { frame, objects } of video.run()) {
      if (objects.some(({ mask }) => mask)) found++;
      made = frame;
      await onFrame(frame);
      wake();
    }
    return found;
  } finally {
    video.close();
  }
}
