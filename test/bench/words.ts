import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DecoderService,
  decodeRle,
  EncoderService,
  type Mask,
  rleToBitmap,
  type SegmentRequestSchema,
} from "../../proto/index.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { photosFolder } from "../support/photos.js";
import { SocketClient } from "../support/socket-client.js";
import { testSettings } from "../support/start-maskwire.js";
import { type MeasuredObject, type MeasuredPicture, measuredPictures } from "./measured-objects.js";
import { UsageError } from "./options.js";
import { atLeast, atMost, type Bar, type Outcome, round, type Suite } from "./report.js";
import { bitmapIou } from "./simulate-clicks.js";
import { mean, median } from "./statistics.js";

/** Clicks before the words, on the same picture: what they are held against. */
const clicks = 5;
/** An object is found when a mask's IoU with it is at least this. */
const foundIou = 0.5;

/** What these detectors were measured to find outside of the service. */
const bars: Record<string, { found: number; iou: number }> = {
  "nanodet-g": { found: 15, iou: 0.64 },
  ssdlite: { found: 14, iou: 0.55 },
};

/** One picture's answer by one detector. */
interface Answered {
  object: string;
  /** Of the mask that agrees best with the object, and of the one with the best score. */
  best: number;
  first: number;
  masks: number;
}

export const suite: Suite = {
  title: "words for objects whose masks are known: each detector that is installed, and all together",
  async run(say) {
    if (!photosFolder) throw new UsageError("MASKWIRE_TEST_PHOTOS must name the folder with coco/ in it.");
    const { pictures } = await measuredPictures();
    const { pulledDir } = testSettings(modelsEnv()).models;
    await using maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", MASKWIRE_MODELS_DIR: pulledDir });
    const rpc = new RpcClient(maskwire.address);
    try {
      const { detectors } = await rpc.unary(EncoderService.method.listDetectors, {});
      // What is named is asked of these alone.
      const known = detectors.filter(({ ready, vocabulary }) => ready && vocabulary === "closed");
      const ready = known.map(({ id }) => id);
      if (ready.length === 0)
        throw new UsageError("No detector is installed: npm run models -- pull ssdlite nanodet-g");
      const together = ready.length > 1 ? ready.join("+") : undefined;
      const names = [...ready, ...(together ? [together] : [])];
      const answers = new Map<string, Answered[]>(names.map((name) => [name, []]));
      const times: { wordsMs: number; clickMs: number }[] = [];
      const boxes: number[] = [];
      await using socket = await SocketClient.join(maskwire.url);
      for (const picture of pictures) {
        const object = picture.objects[0] as MeasuredObject;
        const imageId = (await upload(maskwire.url, picture.bytes)).image?.imageId ?? "";
        await socket.openReady(imageId);
        times.push(await timed(socket, object));
        boxes.push((await best(rpc, imageId, { box: object.box }, object, picture)).best);
        for (const name of names) {
          const text = object.category ?? "";
          const detector = name === together ? "" : name;
          const grounding = await rpc.unary(EncoderService.method.ground, { imageId, text, detector });
          const answer = await best(rpc, imageId, { text }, object, picture, grounding);
          answers.get(name)?.push(answer);
          say(`${name}, ${object.name}: ${answer.best.toFixed(3)} of ${answer.masks} masks`);
        }
      }
      // The first words load the detectors.
      return report(answers, times.slice(1), boxes, together);
    } finally {
      rpc.close();
    }
  },
};

const modelsEnv = (): Record<string, string> => {
  const { MASKWIRE_MODELS_DIR } = process.env;
  return MASKWIRE_MODELS_DIR === undefined ? {} : { MASKWIRE_MODELS_DIR };
};

/** A picture that nobody has looked at yet: clicks, then words. */
async function timed(socket: SocketClient, { click, category }: MeasuredObject) {
  const clickMs: number[] = [];
  for (let at = 0; at < clicks; at++) {
    clickMs.push(await answerMs(socket, { points: [{ x: click.x, y: click.y + at / 8, label: 1 }] }));
  }
  return { clickMs: median(clickMs), wordsMs: await answerMs(socket, { text: category ?? "" }) };
}

let sequence = 0;
async function answerMs(socket: SocketClient, prompt: Prompt): Promise<number> {
  const startedAt = performance.now();
  socket.send({ case: "segment", value: { sequence: ++sequence, prompt } });
  const { outcome } = await socket.next("segment");
  if (outcome.case !== "result") throw new Error(outcome.value?.message ?? "no answer");
  return performance.now() - startedAt;
}

type SegmentInit = MessageInitShape<typeof SegmentRequestSchema>;
type Prompt = NonNullable<SegmentInit["prompt"]>;

async function best(
  rpc: RpcClient,
  imageId: string,
  prompt: Prompt,
  object: MeasuredObject,
  { width, height }: MeasuredPicture,
  grounding?: SegmentInit["grounding"],
): Promise<Answered> {
  const request = { imageId, prompt, ...(grounding ? { grounding } : { multimask: false }) };
  const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, request);
  const masks = outcome.case === "result" ? outcome.value.masks : [];
  const ious = masks.map((mask) => iouOf(mask, object, width * height));
  return { object: object.name, best: Math.max(0, ...ious), first: ious[0] ?? 0, masks: masks.length };
}

function iouOf({ rle }: Mask, { truth }: MeasuredObject, pixels: number): number {
  const bitmap = rle ? rleToBitmap(decodeRle(rle)) : new Uint8Array(pixels);
  return bitmapIou(bitmap, truth);
}

function report(
  answers: ReadonlyMap<string, readonly Answered[]>,
  times: readonly { wordsMs: number; clickMs: number }[],
  boxes: readonly number[],
  together: string | undefined,
): Outcome {
  const figures = [...answers].map(([name, all]) => ({
    name,
    found: all.filter(({ best }) => best >= foundIou).length,
    iou: mean(all.map(({ best }) => best)),
    firstIou: mean(all.map(({ first }) => first)),
    masks: mean(all.map(({ masks }) => masks)),
  }));
  const of = figures[0]?.found === undefined ? 0 : boxes.length;
  const rows: Bar[] = figures.flatMap(({ name, found, iou }) => {
    const bar = bars[name];
    return bar
      ? [atLeast(`${name}: found`, found, bar.found, `of ${of}`), atLeast(`${name}: mean IoU`, iou, bar.iou, "")]
      : [];
  });
  const merged = figures.find(({ name }) => name === together);
  if (merged) {
    const singles = figures.filter((one) => one !== merged);
    rows.push(atLeast("together: found", merged.found, Math.max(...singles.map(({ found }) => found)), `of ${of}`));
    rows.push(atLeast("together: mean IoU", merged.iou, Math.max(...singles.map(({ iou }) => iou)), ""));
  }
  const beyond = median(times.map(({ wordsMs, clickMs }) => wordsMs - clickMs));
  rows.push(atMost("words to masks, beyond a click", beyond, 250, "ms"));
  return {
    bars: rows,
    detail: {
      detectors: Object.fromEntries(
        figures.map(({ name, found, iou, firstIou, masks }) => [
          name,
          { found, iou: round(iou), iouOfBestScore: round(firstIou), masks: round(masks) },
        ]),
      ),
      perfectBoxes: round(mean(boxes)),
      clickMs: round(median(times.map(({ clickMs }) => clickMs))),
      wordsMs: round(median(times.map(({ wordsMs }) => wordsMs))),
      objects: Object.fromEntries(
        [...answers].map(([name, all]) => [
          name,
          Object.fromEntries(all.map(({ object, best }) => [object, round(best)])),
        ]),
      ),
    },
  };
}
