import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import type { Logger } from "../../../services/runtime/logger.js";
import { type LookupAll, lookupByDns } from "../../fetch/lookup-by-dns.js";
import { lookupNamed } from "../../fetch/lookup-named.js";
import { PictureHosts } from "../../fetch/picture-hosts.js";
import { Places } from "../../http/places.js";
import { type AdapterPort, AdapterRoutes } from "../shared/adapter.js";
import { basicOrBearer } from "../shared/keys.js";
import { usualModel } from "../shared/model.js";
import { AccessTokens } from "./access-tokens.js";
import { TaskPictures } from "./pictures.js";
import { Predictions, predictForm } from "./predict.js";

interface LabelStudioOptions {
  port: AdapterPort;
  /** Where Label Studio is; left out, only pictures by complete addresses can be had. */
  url: string | undefined;
  token: { path: string; content: string } | undefined;
  pictureHosts: readonly string[];
  maxImageBytes: number;
  deadlineMs: number;
  metrics: Pick<Metrics, "limitHit">;
  logger: Logger;
  /** In place of DNS. */
  lookup?: LookupAll;
}

const maxFetches = 16;
const retryAfterMs = 1000;

const setupForm = z.looseObject({ hostname: z.string().nullish(), access_token: z.string().nullish() });
const webhookForm = z.looseObject({ action: z.string().default("") });
/** What the server tells of what people have done: nothing of it changes an answer. */
const knownActions = /^(?:ANNOTATION|TASK|PROJECT|LABEL_LINK|REVIEW|START_TRAINING)/;

/** Label Studio's machine learning backend (X4 to X7). */
export async function labelStudio(app: FastifyInstance, options: LabelStudioOptions): Promise<void> {
  const { port, metrics, logger, maxImageBytes, deadlineMs, lookup = lookupByDns() } = options;
  const base = options.url === undefined ? undefined : new URL(options.url.replace(/\/*$/, "/"));
  const named = lookupNamed(lookup);
  const tokens = base && new AccessTokens({ url: base, file: options.token, lookup: named, logger });
  app.addHook("onClose", (_app, done) => {
    tokens?.close();
    done();
  });
  const pictures = new TaskPictures({
    base,
    tokens,
    hosts: new PictureHosts(options.pictureHosts),
    places: new Places({
      count: maxFetches,
      limits: { full: "fetches", share: "fetches_share" },
      refusal: "Too many pictures are being fetched at once; try again.",
      retryAfterMs,
      metrics,
    }),
    lookup,
    lookupNamed: named,
    maxImageBytes,
    deadlineMs,
  });
  const predictions = new Predictions(pictures);
  const routes = new AdapterRoutes(app, port, { authorization: basicOrBearer, errorForm });
  const health = () => ({ status: "UP", model_class: "Maskwire" });
  routes.get("/", health, { isPublic: true });
  routes.get("/health", health, { isPublic: true });
  routes.get("/metrics", () => ({}));
  routes.get("/versions", async (asked) => ({ versions: [(await usualModel(asked)).id] }));
  routes.post("/setup", setupForm, async (asked, { hostname, access_token: token }) => {
    // Whoever may ask could tell of another host: a token is used where it is from, and nowhere else.
    if (base && token && hostname && URL.canParse(hostname) && new URL(hostname).origin === base.origin)
      tokens?.tell(token);
    return { model_version: (await usualModel(asked)).id };
  });
  routes.post("/predict", predictForm, (asked, given, body) => predictions.answer(asked, given, body));
  routes.post("/webhook", webhookForm, ({ reply }, { action }) => {
    if (!knownActions.test(action)) return { status: "Unknown event" };
    reply.code(201);
    return { result: null, status: "ok" };
  });
}

/** The page shows the whole text of an error's body. */
const errorForm: ErrorForm = ({ message }, status) => ({
  ...(status === 401 ? { headers: { "www-authenticate": 'Basic realm="maskwire"' } } : {}),
  body: { status, detail: message },
});
