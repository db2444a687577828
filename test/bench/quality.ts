import type { Tensor } from "onnxruntime-node";
import { decodeRle, rleToBitmap } from "../../proto/index.js";
import { upload } from "../support/http-calls.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { BareModel } from "./bare-model.js";
import { type MeasuredObject, type MeasuredPicture, measuredPictures } from "./measured-objects.js";
import { atMost, type Bar, type Outcome, round, type Suite } from "./report.js";
import { bitmapIou, nextClick, type SimulatedClick } from "./simulate-clicks.js";
import { mean } from "./statistics.js";

/** Either side: prompt -> mask. `previous` is what it needs to start from its latest answer. */
type Decode<Previous> = (prompt: {
  points: SimulatedClick[];
  box?: MeasuredObject["box"];
  previous?: Previous | undefined;
}) => Promise<{ bitmap: Uint8Array; previous: Previous }>;

const kinds = ["1 click", "3 clicks", "3 clicks with logits", "box"] as const;
type Kind = (typeof kinds)[number];

/** IoU with the truth. */
type Ious = Record<Kind, number>;

interface Measured {
  name: string;
  bare: Ious;
  /** The service given the very clicks that the bare graph's masks asked for. */
  service: Ious;
  /** The service with clicks after its own masks: what a person gets. One other pixel may lead to another click. */
  ownClicks: Ious;
  /** IoU of the service's and the bare graph's mask of the same prompt. */
  agreement: Ious;
}

/** The service may be no worse, and should be no different: it runs the same weights. */
const tolerance = 0.002;

export const suite: Suite = {
  title: "mIoU through the whole stack against the bare graphs with Meta's own processing",
  async run(say) {
    const { source, pictures } = await measuredPictures();
    const measured: Measured[] = [];
    const maskwire = await startMaskwire();
    const bare = await BareModel.load();
    try {
      const socket = await SocketClient.join(maskwire.url);
      for (const picture of pictures) {
        const results = await measure(picture, await serviceDecode(maskwire.url, socket, picture), bare);
        for (const one of results) say(`${one.name}: ${kinds.map((kind) => pair(one, kind)).join(", ")}`);
        measured.push(...results);
      }
      await socket[Symbol.asyncDispose]();
    } finally {
      await bare[Symbol.asyncDispose]();
      await maskwire.stop();
    }
    return report(source, pictures.length, measured);
  },
};

async function measure(picture: MeasuredPicture, service: Decode<number>, model: BareModel): Promise<Measured[]> {
  const { width, height, objects } = picture;
  const encoded = await model.encode(picture.bytes);
  if (encoded.width !== width || encoded.height !== height) throw new Error("a picture's size is not its masks'");
  const bare: Decode<Tensor> = async ({ points, box, previous }) => {
    const prompt = { points, ...(box ? { box } : {}), ...(previous ? { logits: previous } : {}) };
    const { bitmap, logits } = await model.decode(encoded, prompt);
    return { bitmap, previous: logits };
  };
  const measured: Measured[] = [];
  for (const object of objects) {
    const ofBare = await everyKind(object, picture, bare);
    const ofService = await everyKind(object, picture, service, ofBare);
    const own = await everyKind(object, picture, service);
    const ious = (one: (kind: Kind) => number) => Object.fromEntries(kinds.map((kind) => [kind, one(kind)])) as Ious;
    const withTruth = (masks: Masks) => ious((kind) => bitmapIou(masks[kind].bitmap, object.truth));
    measured.push({
      name: object.name,
      bare: withTruth(ofBare),
      service: withTruth(ofService),
      ownClicks: withTruth(own),
      agreement: ious((kind) => bitmapIou(ofBare[kind].bitmap, ofService[kind].bitmap)),
    });
  }
  return measured;
}

type Masks = Record<Kind, { bitmap: Uint8Array; points: SimulatedClick[] }>;

/** @param script masks whose clicks are repeated; without it each click follows from the mask before it. */
async function everyKind<P>(object: MeasuredObject, picture: MeasuredPicture, decode: Decode<P>, script?: Masks) {
  const run = (count: number, withLogits: boolean, kind: Kind) =>
    clicks(object, picture, decode, { count, withLogits, ...(script ? { points: script[kind].points } : {}) });
  return {
    "1 click": await run(1, false, "1 click"),
    "3 clicks": await run(3, false, "3 clicks"),
    "3 clicks with logits": await run(3, true, "3 clicks with logits"),
    box: { bitmap: (await decode({ points: [], box: object.box })).bitmap, points: [] },
  } satisfies Masks;
}

/** Clicks one after the other, each where the mask before it is most wrong unless they are given. */
async function clicks<P>(
  { truth, click }: MeasuredObject,
  { width, height }: MeasuredPicture,
  decode: Decode<P>,
  { count, withLogits, points: given }: { count: number; withLogits: boolean; points?: SimulatedClick[] },
): Promise<Masks[Kind]> {
  const points: SimulatedClick[] = [{ ...click, label: 1 }];
  let answer = await decode({ points });
  while (points.length < count) {
    const next = given ? given[points.length] : nextClick(answer.bitmap, truth, width, height);
    if (!next) break;
    points.push(next);
    answer = await decode({ points, previous: withLogits ? answer.previous : undefined });
  }
  return { bitmap: answer.bitmap, points };
}

/** A picture at the service, by HTTP and WebSocket as the web client does it. `previous` is the answer's sequence. */
async function serviceDecode(url: string, socket: SocketClient, { bytes }: MeasuredPicture): Promise<Decode<number>> {
  const { image } = await upload(url, bytes);
  await socket.openReady(image?.imageId ?? "");
  let sequence = 0;
  return async ({ points, box, previous }) => {
    sequence++;
    const mask =
      previous === undefined
        ? {}
        : { mask: { source: { case: "previous" as const, value: { sequence: previous, mask: 0 } } } };
    socket.segment({ sequence, prompt: { points, ...(box ? { box } : {}), ...mask } });
    const { outcome } = await socket.next("segment");
    const rle = outcome.case === "result" ? outcome.value.masks[0]?.rle : undefined;
    if (!rle) throw new Error(outcome.case === "error" ? outcome.value.message : "an answer without a mask");
    return { bitmap: rleToBitmap(decodeRle(rle)), previous: sequence };
  };
}

function report(source: string, pictures: number, measured: Measured[]): Outcome {
  const of = (what: Exclude<keyof Measured, "name">, kind: Kind) => mean(measured.map((one) => one[what][kind]));
  const row = (what: Exclude<keyof Measured, "name">) =>
    Object.fromEntries(kinds.map((kind) => [kind, round(of(what, kind))]));
  const bars: Bar[] = kinds.map((kind) =>
    atMost(
      `${kind}: service and bare graph apart`,
      Math.abs(of("service", kind) - of("bare", kind)),
      tolerance,
      "mIoU",
    ),
  );
  const gain = of("ownClicks", "3 clicks with logits") - of("ownClicks", "3 clicks");
  return {
    bars,
    detail: {
      source,
      pictures,
      objects: measured.length,
      mIoU: {
        "bare graph": row("bare"),
        "service, same clicks": row("service"),
        "service, clicks after its own masks": row("ownClicks"),
      },
      "service and bare graph with each other": row("agreement"),
      "previous logits as mask prompt": `${gain > 0 ? "better" : "no better"}: ${gain > 0 ? "+" : ""}${round(gain)} mIoU at 3 clicks`,
      "by object, service/bare": Object.fromEntries(
        measured.map((one) => [one.name, Object.fromEntries(kinds.map((kind) => [kind, pair(one, kind)]))]),
      ),
    },
  };
}

const pair = ({ service, bare }: Measured, kind: Kind) => `${service[kind].toFixed(3)}/${bare[kind].toFixed(3)}`;
