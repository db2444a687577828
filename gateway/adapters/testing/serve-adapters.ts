import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { HealthImplementation } from "grpc-health-check";
import {
  bitmapToRle,
  DecoderService,
  type DetectorSchema,
  decodeRle,
  EncoderService,
  encodeRle,
  GroundingSchema,
  LowResLogitsSchema,
  MaskFormat,
  MaskSchema,
  type PropagateRequest,
  rleArea,
  rleBoundingBox,
  type SegmentEverythingRequest,
  type SegmentRequest,
  SegmentResultSchema,
  TrackState,
} from "../../../proto/index.js";
import type { Access } from "../../../services/runtime/callers/access.js";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import type { Host } from "../../../services/runtime/host.js";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { type FakeServices, startServices } from "../../testing/fake-services.js";
import { serveGateway } from "../../testing/serve-gateway.js";

/** Of every picture, whatever its bytes are. */
export const pictureSize = { width: 40, height: 30 };
/** What is known by a word: two squares. */
const knownWord = "cat";

const models = [{ id: "tiny", title: "Squares", usual: true }];

interface Given {
  access?: Access;
  /** Where the audit log goes. */
  audit?: string;
  detectors?: MessageInitShape<typeof DetectorSchema>[];
}

/** A gateway with adapters before services that draw squares. What they are asked is kept. */
export class ServedAdapters implements AsyncDisposable {
  readonly segments: SegmentRequest[] = [];
  readonly searches: SegmentEverythingRequest[] = [];
  /** Frames of videos that were made. */
  readonly tracks: PropagateRequest[] = [];
  /** Files that were sent to be encoded. */
  readonly uploads: string[] = [];
  /** Pictures that are stored. */
  readonly known = new Set<string>();
  readonly #services: FakeServices;
  readonly host: Host;

  private constructor(
    services: FakeServices,
    host: Host,
    asked: Pick<ServedAdapters, "segments" | "searches" | "tracks" | "uploads" | "known">,
  ) {
    this.#services = services;
    this.host = host;
    Object.assign(this, asked);
  }

  static async start(
    env: Record<string, string>,
    { access, audit, detectors = [] }: Given = {},
  ): Promise<ServedAdapters> {
    const asked = {
      segments: [] as SegmentRequest[],
      searches: [] as SegmentEverythingRequest[],
      tracks: [] as PropagateRequest[],
      uploads: [] as string[],
      known: new Set<string>(),
    };
    const { known } = asked;
    const missing = new ServiceError({ code: Code.NOT_FOUND, message: "Not here." });
    const imageOf = (imageId: string) => ({ imageId, ...pictureSize });
    const services = await startServices({
      encoder: {
        encode: async (requests, send) => {
          let imageId = "";
          const chunks: Uint8Array[] = [];
          for await (const { part } of requests) {
            if (part.case === "header") imageId = part.value.imageId;
            if (part.case === "chunk") chunks.push(part.value);
          }
          if (chunks.length > 0) {
            const bytes = Buffer.concat(chunks);
            if (bytes.includes("broken")) throw invalidArgument("The picture is damaged.", "DAMAGED_IMAGE");
            imageId = imageIdOf(bytes);
            asked.uploads.push(imageId);
            known.add(imageId);
          }
          if (!known.has(imageId)) throw missing;
          await send({ event: { case: "ready", value: { model: "tiny", image: imageOf(imageId) } } });
        },
        lookupImage: async ({ imageId }) => (known.has(imageId) ? { image: imageOf(imageId), stored: true } : {}),
        listModels: async () => ({ models }),
        listDetectors: async () => ({ detectors }),
        ground: async ({ imageId, text }) => {
          if (!known.has(imageId)) throw missing;
          if (text !== knownWord) throw invalidArgument(`"${text}" is not known here.`, "UNKNOWN_WORD");
          return {
            detector: "fake",
            boxes: [{ box: { x0: 1, y0: 1, x1: 9, y1: 9 }, score: 0.9, label: text, via: "name" }],
          };
        },
      },
      decoder: {
        listModels: async () => ({ models }),
        segmentOnce: async (request) => {
          if (!known.has(request.imageId)) throw missing;
          asked.segments.push(request);
          const { points = [], box } = request.prompt ?? {};
          const [first] = points;
          const at = box ? { x: box.x0 ?? 0, y: box.y0 ?? 0 } : { x: first?.x ?? 5, y: first?.y ?? 5 };
          const init = square(Math.round(at.x), Math.round(at.y), request.formats.includes(MaskFormat.PNG));
          const drawn = create(MaskSchema, init);
          const label = request.prompt?.text ?? "";
          if (request.formats.includes(MaskFormat.LOW_RES_LOGITS)) {
            // One number that counts what was asked.
            const data = Uint8Array.of(0, asked.segments.length);
            drawn.lowResLogits = create(LowResLogitsSchema, { width: 1, height: 1, data });
          }
          if (label !== "")
            drawn.grounding = create(GroundingSchema, { label, score: 0.8, detector: "fake", via: "name" });
          return {
            outcome: {
              case: "result",
              value: create(SegmentResultSchema, { imageId: request.imageId, masks: [drawn] }),
            },
          };
        },
        propagate: async (request) => {
          if ([request, ...request.known].some(({ imageId }) => !known.has(imageId))) throw missing;
          asked.tracks.push(request);
          // Each goes a pixel to the right, from where it was in the nearest picture, until it is out of sight.
          const masks = request.known.flatMap((one) => one.masks).filter(({ rle }) => rle);
          const objects = [...new Map(masks.map((mask) => [mask.object, mask]))].map(([object, { rle }]) => {
            const { x, y } = rleBoundingBox(decodeRle({ size: rle?.size ?? [], counts: rle?.counts ?? "" }));
            if (x + 6 >= pictureSize.width) return { object, state: TrackState.ABSENT };
            return { object, state: TrackState.TRACKED, mask: square(x + 1, y), agreement: 1 };
          });
          return { objects, likeness: 1 };
        },
        segmentEverything: async (request, send) => {
          if (!known.has(request.imageId)) throw missing;
          asked.searches.push(request);
          const found = [square(2, 3), square(20, 10), square(30, 20)];
          for (const [at, mask] of found.entries()) {
            await send({ event: { case: "found", value: { id: at + 1, mask, point: { x: 3, y: 4 } } } });
          }
          await send({ event: { case: "retracted", value: { id: 3 } } });
          await send({ event: { case: "done", value: { masks: 2, points: 9 } } });
        },
      },
    });
    // What is healthy is asked which models it serves.
    const names = [EncoderService.typeName, DecoderService.typeName];
    new HealthImplementation(Object.fromEntries(names.map((name) => [name, "SERVING"]))).addToServer(services.server);
    const tiers = [services.address];
    const host = await serveGateway(env, {
      ...(access && { access }),
      ...(audit && { audit }),
      encoders: tiers,
      decoders: tiers,
    });
    const served = new ServedAdapters(services, host, asked);
    await served.#isServed();
    return served;
  }

  /** The gateway has heard of the model. Where somebody is asked who they are, `user` is known. */
  async #isServed(): Promise<void> {
    const headers = { authorization: "Bearer user" };
    for (;;) {
      const reply = await fetch(`${this.url}/v1/models`, { headers });
      const { models } = (await reply.json()) as { models: unknown[] };
      if (models.length > 0) return;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.host.port}`;
  }

  /** @param path below `/adapters/`. @param body of a POST; left out, it is a GET. */
  async ask(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown; headers: Headers }> {
    const init = body === undefined ? { headers } : { method: "POST", body: JSON.stringify(body), headers };
    const reply = await fetch(`${this.url}/adapters/${path}`, init);
    const text = await reply.text();
    const isJson = reply.headers.get("content-type")?.includes("json");
    return { status: reply.status, body: isJson ? JSON.parse(text) : text, headers: reply.headers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.force();
    await this.host.stop();
    await this.#services[Symbol.asyncDispose]();
  }
}

/** 6 pixels a side, cut off at the picture's edge. */
function square(left: number, top: number, hasPng = false): MessageInitShape<typeof MaskSchema> {
  const { width, height } = pictureSize;
  const bitmap = new Uint8Array(width * height);
  for (let y = top; y < Math.min(height, top + 6); y++) {
    bitmap.fill(1, y * width + left, y * width + Math.min(width, left + 6));
  }
  const runs = bitmapToRle(bitmap, width, height);
  return {
    rle: encodeRle(runs),
    area: rleArea(runs),
    bbox: rleBoundingBox(runs),
    predictedIou: 0.9,
    stabilityScore: 0.95,
    ...(hasPng && { png: Buffer.from("png") }),
  };
}
