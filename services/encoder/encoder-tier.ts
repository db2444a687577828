import { EncoderService } from "../../proto/index.js";
import { Admission } from "../inference/admission.js";
import { describeModels } from "../inference/models/describe-models.js";
import { listModels } from "../inference/models/list-models.js";
import { modelMetrics } from "../inference/models/model-metrics.js";
import type { Models } from "../inference/models/models.js";
import { OnceStarted } from "../inference/once-started.js";
import { reportToHost } from "../inference/workers/report-to-host.js";
import { serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import { UploadBudget } from "../runtime/limits/upload-budget.js";
import type { Stores } from "../stores/open-stores.js";
import { EncodeOnce } from "./encodes/encode-once.js";
import { Detectors } from "./grounding/detectors.js";
import { Grounder } from "./grounding/grounder.js";
import { createMetrics } from "./metrics.js";
import { canEncode, forStrangers } from "./model-providers.js";
import { cutOut } from "./rpc/cut-out.js";
import { deleteImages } from "./rpc/delete-images.js";
import { encode } from "./rpc/encode.js";
import { fetchEmbedding } from "./rpc/fetch-embedding.js";
import { ground } from "./rpc/ground.js";
import { listDetectors } from "./rpc/list-detectors.js";
import { lookupImage } from "./rpc/lookup-image.js";
import type { EncoderSettings } from "./settings.js";
import { type StartedParts, startParts } from "./start-parts.js";
import type { EncoderDetail } from "./worker/encoder-tasks.js";

/** The encoder's worker and its encodes. Pictures come in over RPC, embeddings go to the store. */
export class EncoderTier implements Tier {
  readonly name = "encoder";
  readonly services = [EncoderService.typeName];
  readonly #settings: EncoderSettings;
  readonly #host: Host;
  readonly #models: Models;
  readonly #admission: Admission;
  readonly #metrics: ReturnType<typeof createMetrics>;
  readonly #encodes: EncodeOnce;
  readonly #detectors: Detectors;
  readonly #parts = new OnceStarted<StartedParts>(this.name);
  readonly #modelMetrics: ReturnType<typeof modelMetrics>;
  readonly #isCacheUp: Stores["isCacheUp"];
  /** By which each model runs. */
  readonly #providers = new Map<string, string | undefined>();

  constructor(host: Host, settings: EncoderSettings, models: Models, stores: Stores) {
    this.#host = host;
    this.#settings = settings;
    this.#models = models;
    this.#isCacheUp = stores.isCacheUp;
    this.#admission = new Admission(host.overload);
    const { limits, maxQueue } = settings;
    const { embeddings, images, findings, leases, deletion, isCacheUp } = stores;
    const uploads = new UploadBudget("uploads", settings.uploadBytes);
    host.metrics.watchBudget(uploads.bytes);
    const [admission, parts] = [this.#admission, this.#parts];
    const processBytes = () => parts.now?.pictures.residentBytes ?? 0;
    host.countMemory(processBytes);
    this.#metrics = createMetrics(host.metrics, {
      maxQueue,
      waiting: () => parts.now?.line.waiting ?? 0,
      undecoded: () => parts.now?.pictures.waiting ?? 0,
      processBytes,
    });
    this.#modelMetrics = modelMetrics(host.metrics, this.name);
    const encodes = new EncodeOnce({
      admission,
      parts,
      embeddings,
      twins: settings.deduplicates ? stores.twins : undefined,
      images,
      leases,
      deletion,
      limits,
      maxElsewhere: maxQueue,
      forced: host.forced,
      onEncoded: (times, { tenant, model }) => {
        this.#metrics.encoded(times);
        this.#modelMetrics.used(model.id);
        host.metrics.ofTenant("encode", tenant);
      },
      onSaved: this.#metrics.saved,
      onFailed: this.#metrics.failed,
    });
    this.#encodes = encodes;
    const detectors = new Detectors({
      models,
      chosen: settings.detectors,
      threads: settings.threads,
      pool: {
        maxQueue,
        hungMs: settings.hungMs,
        onDisplaced: () => host.metrics.limitHit("queue_place"),
        ...reportToHost(host, this),
      },
      onLoaded: (detail) => host.logger.info(detail, "detectors ready"),
      onWrong: (detector, reason) =>
        host.logger.warn(
          { detector, reason, advice: `npm run models -- pull ${detector}` },
          "a detector is left out: a file of it is not the manifest's",
        ),
    });
    this.#detectors = detectors;
    const grounder = new Grounder({
      detectors,
      findings,
      images,
      deletion,
      pictures: () => parts.get().pictures,
      limits,
      isCacheUp,
      onLooked: (times) => this.#metrics.looked(times),
    });
    serve(
      host.rpc,
      EncoderService,
      {
        encode: encode({ models, uploads, limits, embeddings, images, encodes, isCacheUp }),
        fetchEmbedding: fetchEmbedding({ models, embeddings, isCacheUp }),
        lookupImage: lookupImage({ models, embeddings, images, isCacheUp }),
        deleteImages: deleteImages({ models, encodes, grounder, deletion }),
        cutOut: cutOut({ uploads, admission, images, line: () => parts.get().line, limits, isCacheUp }),
        ground: ground({ admission, detectors, grounder }),
        listDetectors: listDetectors(detectors),
        listModels: listModels(models),
      },
      {
        signal: host.forced,
        logger: host.logger,
        onRefused: host.onRefused,
        access: host.access,
        quota: host.quota,
        audit: host.audit,
        trustsPeers: settings.trustsPeers,
        asksCertificates: host.asksCertificates,
        scopes: {
          encode: "upload",
          fetchEmbedding: "segment",
          lookupImage: "segment",
          deleteImages: "upload",
          // Who is no peer has shown nobody that the picture is theirs.
          cutOut: "peer",
          ground: "segment",
          listDetectors: "segment",
          listModels: "segment",
        },
      },
    );
  }

  /** @throws as `startParts`. */
  async start(): Promise<void> {
    const parts = await startParts({
      settings: this.#settings,
      models: this.#models,
      host: this.#host,
      tier: this,
      isCacheUp: this.#isCacheUp,
      onPictureLost: this.#metrics.pictureLost,
      onLoaded: () => this.#noteLoaded(),
    });
    this.#parts.set(parts);
    this.#noteLoaded();
    const { threads } = this.#settings;
    this.#host.logger.info({ tier: this.name, models: parts.pool.details[0], threads }, "encoder ready");
  }

  #noteLoaded(): void {
    const parts = this.#parts.now;
    if (!parts) return;
    const [running = {}] = parts.pool.details as [EncoderDetail?];
    for (const [id, one] of Object.entries(running)) {
      this.#metrics.runs(id, one.provider);
      this.#tellOfProvider(id, one);
    }
    this.#modelMetrics.loaded(this.#models.served, parts.pool.details as EncoderDetail[]);
  }

  #tellOfProvider(model: string, { provider, skipped }: EncoderDetail[string]): void {
    const isFirst = !this.#providers.has(model);
    const before = this.#providers.get(model);
    this.#providers.set(model, provider);
    if (!isFirst && before === provider) return;
    const { logger } = this.#host;
    if (provider === undefined) logger.error({ model, skipped }, "an encoder waits: none of its providers is there");
    else if (skipped.length > 0) logger.warn({ model, provider, skipped }, "an encoder runs by a later provider");
    else if (!isFirst) logger.info({ model, provider }, "an encoder runs by its first provider again");
    this.#host.readinessChanged(this);
  }

  readiness() {
    const parts = this.#parts.now;
    const [running = {}] = (parts?.pool.details ?? []) as [EncoderDetail?];
    const describe = (one: Record<string, object>) => ({
      models: describeModels(this.#models, parts?.models, [one]),
      waiting: parts?.line.waiting ?? 0,
    });
    return {
      ready: parts?.pool.isServing === true && parts.pictures.isServing && canEncode(this.#models, running),
      detail: describe(running),
      publicDetail: describe(forStrangers(running)),
    };
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#admission.end();
    await this.#encodes.drain(signal);
  }

  async close(): Promise<void> {
    const parts = this.#parts.now;
    await Promise.all([parts?.pool.close(), parts?.pictures.close(), this.#detectors.close()]);
  }
}
