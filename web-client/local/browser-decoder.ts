import { fromJson } from "@bufbuild/protobuf";
import {
  type DescribeGraphsResponse,
  DescribeGraphsResponseSchema,
  GraphRole,
  type SegmentRequest,
  type SegmentResult,
} from "../../proto/index.js";
import { splitDecoder } from "../../services/sam/decode/decoder-spec.js";
import { MaskDecoder } from "../../services/sam/decode/mask-decoder.js";
import { KeptAnswers } from "../../services/sam/decode/previous-mask.js";
import { promptFrame } from "../../services/sam/frame.js";
import { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import { abilitiesOf } from "../../services/sam/prompts/check-abilities.js";
import { Declined } from "./declined.js";
import { decodeRequest, type LocalPicture } from "./decode-request.js";
import { Engine, type Prepared } from "./engine.js";
import { fetchChecked, fetchEmbedding, fetchOk } from "./fetch-checked.js";
import { askServer, checkSame, knownPrompts, withMask } from "./known-answers.js";
import { openRuntime } from "./open-runtime.js";
import type { Backend, Size } from "./routing.js";

/** Pictures that stay ready, the latest; each keeps 11 MiB. */
const keptPictures = 3;
/** Answers whose logits are kept, to be refined: of the latest click, and of a few before it to go back to. */
const keptAnswers = 6;
/** Runs that the time of a decode is told from. */
const timedRuns = 3;

type Picture = LocalPicture<Prepared>;

/** What a picture has been asked. */
const nothingYet = () => ({ answers: new KeptAnswers(keptAnswers), latest: new LatestPreview() });

/** The graph that starts from a mask, a request that needs it, and the server's answer. */
interface StepWithMask {
  readonly graph: Uint8Array;
  readonly imageId: string;
  readonly from: SegmentRequest;
  readonly theirs: SegmentResult;
}

/** What it begins with. */
interface Start {
  readonly imageId: string;
  /** "" for the usual one. */
  readonly model: string;
  readonly size: Size;
  readonly backend: Backend;
  readonly service: string;
}

/** The decoder in the browser: its graphs, and the pictures that are ready. */
export class BrowserDecoder {
  readonly #service: string;
  readonly #described: DescribeGraphsResponse;
  readonly #engine: Engine;
  readonly #decoder: MaskDecoder<Prepared>;
  readonly #pictures = new Map<string, Picture>();

  private constructor(service: string, described: DescribeGraphsResponse, engine: Engine) {
    this.#service = service;
    this.#described = described;
    this.#engine = engine;
    this.#decoder = new MaskDecoder(splitDecoder(described.maskGrid, described.frameSize), engine);
  }

  /**
   * Fetches the graphs and holds them against the server on this picture.
   * @param onOpening told when all is fetched, before the graphs are opened. @throws Error when they do not pass.
   */
  static async start(
    { imageId, model, size, backend, service }: Start,
    onOpening: () => void,
  ): Promise<{ decoder: BrowserDecoder; tookMs: number }> {
    const answer = await fetchOk(new URL(`v1/models/${encodeURIComponent(model || "default")}/decoder`, service));
    const described = fromJson(DescribeGraphsResponseSchema, await answer.json(), { ignoreUnknownFields: true });
    const graphs = await fetchGraphs(service, described);
    onOpening();
    const decoder = new BrowserDecoder(service, described, await Engine.open(await openRuntime(backend), graphs));
    await decoder.prepare(imageId, size);
    return { decoder, tookMs: await decoder.#check(imageId, size) };
  }

  get backend(): Backend {
    return this.#engine.backend;
  }

  /** @throws Error when the embedding cannot be had, or is of a picture of another size. */
  async prepare(imageId: string, { width, height }: Size): Promise<void> {
    const kept = this.#pictures.get(imageId);
    if (kept !== undefined) {
      // The latest, so that it is not the next to go.
      this.#pictures.delete(imageId);
      this.#pictures.set(imageId, kept);
      return;
    }
    const { model, encoderWeights, frameSize, letterbox, maskGrid } = this.#described;
    const embedding = await fetchEmbedding(this.#service, imageId, model, encoderWeights);
    if (embedding.width !== width || embedding.height !== height) throw new Error("The embedding has another size.");
    const resize = letterbox ? "letterbox" : "stretch";
    const frame = promptFrame({ width, height }, { side: frameSize, maskGrid, resize });
    const prepared = await this.#decoder.prepare(embedding.tensors);
    const { capabilities } = this.#described;
    const abilities = capabilities && abilitiesOf(capabilities);
    this.#pictures.set(imageId, { frame, kept: prepared, abilities, ...nothingYet() });
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > keptPictures && oldest !== undefined) this.#forget(oldest);
  }

  /** @throws Declined where the server has to answer. */
  decode(imageId: string, request: SegmentRequest): Promise<SegmentResult> {
    const picture = this.#pictures.get(imageId);
    if (picture === undefined) throw new Declined("This picture is not ready here.");
    return decodeRequest(request, this.#decoder, picture);
  }

  /** The graph that starts from a mask, which the first click can do without, and what the server answers from one. */
  async fetchStepWithMask(): Promise<StepWithMask> {
    const { model } = this.#described;
    const graph = await fetchGraph(this.#service, this.#described, GraphRole.PROMPT_STEP_WITH_MASK);
    // The one that came last is there for longest.
    const [imageId, { frame }] = [...this.#pictures].at(-1)!;
    const size = { width: frame.pictureWidth, height: frame.pictureHeight };
    const [, request] = knownPrompts(imageId, model, size) as [SegmentRequest, SegmentRequest];
    const from = withMask(request, await askServer(this.#service, request));
    return { graph, imageId, from, theirs: await askServer(this.#service, from) };
  }

  /** Compared with the server like the others; without it such prompts are the server's. @throws Error when it differs. */
  async addStepWithMask({ graph, imageId, from, theirs }: StepWithMask): Promise<void> {
    await this.#engine.add("stepWithMask", graph);
    try {
      checkSame(await this.#decodeAnew(imageId, from), theirs);
    } catch (error) {
      this.#engine.drop("stepWithMask");
      throw error;
    }
  }

  /** @returns milliseconds of a decode. */
  async #check(imageId: string, size: Size): Promise<number> {
    const requests = knownPrompts(imageId, this.#described.model, size);
    for (const request of requests) {
      const [ours, theirs] = await Promise.all([this.#decodeAnew(imageId, request), askServer(this.#service, request)]);
      checkSame(ours, theirs);
    }
    const times: number[] = [];
    for (let run = 0; run < timedRuns; run++) {
      const started = performance.now();
      await this.#decodeAnew(imageId, { ...requests[0]!, multimask: false });
      times.push(performance.now() - started);
    }
    return Math.min(...times);
  }

  /** By a run in any case, and without a trace. */
  #decodeAnew(imageId: string, request: SegmentRequest): Promise<SegmentResult> {
    const picture = this.#pictures.get(imageId);
    if (picture === undefined) throw new Error("The picture is not here any more.");
    return decodeRequest(request, this.#decoder, { ...picture, ...nothingYet() });
  }

  #forget(imageId: string): void {
    const picture = this.#pictures.get(imageId);
    this.#pictures.delete(imageId);
    // What a graphics card keeps no collector finds.
    for (const tensor of Object.values(picture?.kept ?? {})) tensor.dispose();
  }
}

async function fetchGraphs(service: string, described: DescribeGraphsResponse) {
  const [prefix, step] = await Promise.all([
    fetchGraph(service, described, GraphRole.PROMPT_PREFIX),
    fetchGraph(service, described, GraphRole.PROMPT_STEP),
  ]);
  return { prefix, step };
}

/** D3. @throws Error when the service has none for that. */
async function fetchGraph(service: string, { graphs }: DescribeGraphsResponse, role: GraphRole): Promise<Uint8Array> {
  const graph = graphs.find((one) => one.role === role);
  if (graph === undefined) throw new Error("A graph was not described.");
  const path = `v1/models/${encodeURIComponent(graph.model)}/decoder/${graph.sha256}.onnx`;
  return fetchChecked(new URL(path, service), graph.sha256);
}
