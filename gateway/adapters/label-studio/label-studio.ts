import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import type { Logger } from "../../../services/runtime/logger.js";
import { type AdapterPort, AdapterRoutes } from "../shared/adapter.js";
import { type FetchLimits, FileFetcher } from "../shared/fetch-file.js";
import { basicOrBearer } from "../shared/keys.js";
import { usualModel } from "../shared/model.js";
import { AccessTokens } from "./access-tokens.js";
import { isOwnFile } from "./picture-addresses.js";
import { TaskPictures } from "./pictures.js";
import { Predictions, predictForm } from "./predict.js";

interface LabelStudioOptions extends FetchLimits {
  port: AdapterPort;
  /** Where Label Studio is; left out, only pictures by complete addresses can be had. */
  url: string | undefined;
  token: { path: string; content: string } | undefined;
  logger: Logger;
}

const noHeaders: Promise<Record<string, string>> = Promise.resolve({});

const setupForm = z.looseObject({ hostname: z.string().nullish(), access_token: z.string().nullish() });
const webhookForm = z.looseObject({ action: z.string().default("") });
/** What the server tells of what people have done: nothing of it changes an answer. */
const knownActions = /^(?:ANNOTATION|TASK|PROJECT|LABEL_LINK|REVIEW|START_TRAINING)/;

/** Label Studio's machine learning backend (X4 to X7). */
export async function labelStudio(app: FastifyInstance, options: LabelStudioOptions): Promise<void> {
  const { port, logger } = options;
  const base = options.url === undefined ? undefined : new URL(options.url.replace(/\/*$/, "/"));
  const files: FileFetcher = new FileFetcher(options, (to) =>
    isOwnFile(to, base) ? (tokens?.header() ?? noHeaders) : undefined,
  );
  const tokens = base && new AccessTokens({ url: base, file: options.token, lookup: files.lookupNamed, logger });
  app.addHook("onClose", (_app, done) => {
    tokens?.close();
    done();
  });
  const predictions = new Predictions(new TaskPictures(base, files));
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
