import { create } from "@bufbuild/protobuf";
import {
  combineMasks,
  decodeRle,
  encodeRle,
  type Mask,
  type MaskRuns,
  RleSchema,
  rleArea,
  rleToBitmap,
} from "../../proto/index.js";
import type { Prompts } from "../../web-client/sdk/session/prompts.js";
import { segmentRequest } from "../../web-client/sdk/session/request.js";
import { boundsOf, marksOf } from "../../web-client/state/marks.js";
import { paint } from "../../web-client/state/painting.js";
import { emptyStep, type Step } from "../../web-client/state/work.js";
import { upload } from "../support/http-calls.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { type MeasuredObject, type MeasuredPicture, measuredPictures } from "./measured-objects.js";
import { lassosRound, strokesOver } from "./painting/simulate-strokes.js";
import { atMost, type Outcome, round, type Suite } from "./report.js";
import { bitmapIou } from "./simulate-clicks.js";
import { mean } from "./statistics.js";

/*
 * How the page asks for what is painted (`web-client/state/painting.ts`), beside other ways to ask for it: strokes are
 * simulated over and round objects whose masks are known.
 */

type Operation = "union" | "difference";
type Tool = "brush" | "lasso";
/** What a kind of stroke leads to: mean IoU with the truth by the way it is asked. */
type Scores = Map<string, number[]>;

/** Strokes that are simulated are not a person's: less than this is no reason to ask in another way. */
const tolerance = 0.03;
const own = "as the page asks";

export const suite: Suite = {
  title: "strokes of brush and lasso, asked as the page asks and in other ways",
  async run(say) {
    const { source, pictures } = await measuredPictures();
    const scores: Record<"over" | "round" | "corrections", Scores> = {
      over: new Map(),
      round: new Map(),
      corrections: new Map(),
    };
    const maskwire = await startMaskwire();
    try {
      const socket = await SocketClient.join(maskwire.url);
      const session = { socket, sequence: 0 };
      for (const picture of pictures) {
        const { image } = await upload(maskwire.url, picture.bytes);
        await socket.openReady(image?.imageId ?? "");
        for (const object of picture.objects) {
          const painter = new Painter(session, picture, object);
          await painter.paint("brush", Object.values(strokesOver(object.truth, picture) ?? {}), scores.over);
          await painter.paint("lasso", Object.values(lassosRound(object.truth, picture)), scores.round);
          await painter.correct(scores.corrections);
          say(object.name);
        }
      }
      await socket[Symbol.asyncDispose]();
    } finally {
      await maskwire.stop();
    }
    return report(source, pictures, scores);
  },
};

/** A session's socket, and the number of its latest click. */
interface Session {
  readonly socket: SocketClient;
  sequence: number;
}

/** One object of one picture, which the session has open. */
class Painter {
  readonly #session: Session;
  readonly #picture: MeasuredPicture;
  readonly #object: MeasuredObject;

  constructor(session: Session, picture: MeasuredPicture, object: MeasuredObject) {
    this.#session = session;
    this.#picture = picture;
    this.#object = object;
  }

  async paint(tool: Tool, strokes: readonly MaskRuns[], scores: Scores): Promise<void> {
    for (const stroke of strokes.filter((one) => rleArea(one) > 0)) {
      const mask = create(RleSchema, encodeRle(stroke));
      const marks = (count: number) => marksOf(stroke, 1, count);
      const ways: Record<string, Prompts | undefined> = {
        [own]: this.#asked(emptyStep, tool, stroke, "union"),
        "the mask, with its bounds": { points: [], box: boundsOf(stroke), mask },
        "its bounds alone": { points: [], box: boundsOf(stroke), mask: undefined },
        "its bounds and 3 deepest points": { points: [], box: boundsOf(stroke), mask: undefined, marks: marks(3) },
        "the mask, its bounds and 3 deepest points": { points: [], box: boundsOf(stroke), mask, marks: marks(3) },
        "the mask and its deepest point": { points: [], box: undefined, mask, marks: marks(1) },
        "the mask and its 3 deepest points": { points: [], box: undefined, mask, marks: marks(3) },
        "the 3 deepest points alone": { points: [], box: undefined, mask: undefined, marks: marks(3) },
        "the 6 deepest points alone": { points: [], box: undefined, mask: undefined, marks: marks(6) },
      };
      await this.#score(ways, scores);
    }
  }

  /** A stroke over what is most wrong with the answer to a click. */
  async correct(scores: Scores): Promise<void> {
    const { truth, click } = this.#object;
    const prompts: Prompts = { points: [{ ...click, label: 1 }], box: undefined, mask: undefined };
    const { sequence, masks } = await this.#segment(prompts);
    const before = masks[0]?.rle === undefined ? undefined : decodeRle(masks[0].rle);
    if (before === undefined) return;
    const wrong = mostWrong(rleToBitmap(before), truth, this.#picture);
    const stroke = wrong && strokesOver(wrong.bitmap, this.#picture)?.line;
    if (stroke === undefined || rleArea(stroke) === 0) return;
    const operation = wrong?.missing ? "union" : "difference";
    const step: Step = { ...emptyStep, sequence, prompts, answer: { masks, chosen: 0 }, asked: true };
    const corrected = combineMasks(before, stroke, operation);
    const mask = create(RleSchema, encodeRle(corrected));
    const marks = marksOf(stroke, operation === "union" ? 1 : 0, 6);
    put(scores, "the answer before the stroke", bitmapIou(rleToBitmap(before), truth));
    await this.#score(
      {
        [own]: this.#asked(step, "brush", stroke, operation),
        "all marks with the corrected mask": { ...prompts, marks, mask },
        "all marks alone": { ...prompts, marks },
        "the corrected mask with its bounds": { points: [], box: boundsOf(corrected), mask },
      },
      scores,
    );
  }

  #asked(step: Step, tool: Tool, stroke: MaskRuns, operation: Operation): Prompts | undefined {
    return paint(
      step,
      { kind: "painted", tool, operation, rle: create(RleSchema, encodeRle(stroke)), atMs: 0 },
      undefined,
    );
  }

  async #score(ways: Record<string, Prompts | undefined>, scores: Scores): Promise<void> {
    for (const [way, prompts] of Object.entries(ways)) {
      const rle = prompts && (await this.#segment(prompts)).masks[0]?.rle;
      put(scores, way, rle === undefined ? 0 : bitmapIou(rleToBitmap(decodeRle(rle)), this.#object.truth));
    }
  }

  async #segment(prompts: Prompts): Promise<{ sequence: number; masks: Mask[] }> {
    const { socket } = this.#session;
    const sequence = ++this.#session.sequence;
    socket.send({ case: "segment", value: segmentRequest(sequence, prompts, false) });
    const { outcome } = await socket.next("segment");
    if (outcome.case !== "result") throw new Error(outcome.value?.message ?? "no answer");
    return { sequence, masks: outcome.value.masks };
  }
}

/** What is missing or what is too much, whichever is more. */
function mostWrong(mask: Uint8Array, truth: Uint8Array, { width, height }: MeasuredPicture) {
  const missing = mask.map((inside, at) => (inside === 0 && truth[at] === 1 ? 1 : 0));
  const surplus = mask.map((inside, at) => (inside === 1 && truth[at] === 0 ? 1 : 0));
  const count = (bitmap: Uint8Array) => bitmap.reduce((sum, pixel) => sum + pixel, 0);
  const [less, more] = [count(missing), count(surplus)];
  // A mask that is right but for its edge is not painted at.
  if (Math.max(less, more) < 0.002 * width * height) return undefined;
  return less >= more ? { bitmap: missing, missing: true } : { bitmap: surplus, missing: false };
}

function put(scores: Scores, way: string, iou: number): void {
  const known = scores.get(way);
  if (known === undefined) scores.set(way, [iou]);
  else known.push(iou);
}

function report(source: string, pictures: MeasuredPicture[], all: Record<string, Scores>): Outcome {
  const names: Record<string, string> = {
    over: "brush over a part",
    round: "lasso round it",
    corrections: "brush that corrects a click's answer",
  };
  const bars = Object.entries(all).map(([kind, scores]) => {
    const of = (way: string) => mean(scores.get(way) ?? []);
    const others = Math.max(...[...scores.keys()].filter((way) => way !== own).map(of));
    return atMost(`${names[kind]}: another way better by`, Math.max(0, others - of(own)), tolerance, "mIoU");
  });
  return {
    bars,
    detail: {
      source,
      pictures: pictures.length,
      objects: pictures.reduce((sum, { objects }) => sum + objects.length, 0),
      ...Object.fromEntries(
        Object.entries(all).map(([kind, scores]) => [
          `${names[kind]}, mIoU`,
          Object.fromEntries(
            [...scores].map(([way, ious]) => [way, { mIoU: round(mean(ious)), strokes: ious.length }]),
          ),
        ]),
      ),
    },
  };
}
