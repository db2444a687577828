import { toJson } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type EncodeEvent,
  EncodeEventSchema,
  EncodePriority,
  EncodeReadySchema,
  LookupImageResponseSchema,
} from "../../proto/index.js";
import { Code, invalidArgument, isInternal, ServiceError } from "../../services/runtime/errors.js";
import { discardRest } from "../../services/runtime/http/discard-rest.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Ask } from "../ask/ask.js";
import type { EncodeProgress } from "../peers/encoders.js";
import { type ArrivingLimits, passOn } from "./arriving-file.js";
import { tellAudit } from "./audit-requests.js";
import { callOf } from "./call-of.js";
import { JsonLines } from "./json-lines.js";

interface ImageRoutes extends ArrivingLimits {
  ask: Ask;
}

type ModelQuery = { Querystring: { model?: string } };
type UploadQuery = { Querystring: { model?: string; id?: string; priority?: string; drafts?: string } };

const model = "The id of a model that is served; the usual one when left out.";
const descriptions = {
  upload: {
    summary: "Takes a picture and encodes it, unless it is known",
    query: {
      id: "`sha256:` and the hex digest of its bytes, where that is known: so it goes to its own encoder.",
      model,
      priority: "`bulk` for a picture that nobody waits for.",
      drafts: "`true` where drafts are understood, in lines.",
    },
    takes: { file: "The picture's file, or a form with one." },
    gives: [{ message: EncodeReadySchema }, { lines: EncodeEventSchema }],
  },
  lookup: {
    summary: "Whether a picture is known, and its size",
    query: { model },
    gives: { message: LookupImageResponseSchema },
  },
};

/** `POST /v1/images` and `GET /v1/images/:id` (H1 to H5, H8, H11, H16 to H19). */
export async function imageRoutes(app: FastifyInstance, routes: ImageRoutes): Promise<void> {
  // A picture comes as it is, whatever type its sender gives it; what it really is shows in its bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  app.post<UploadQuery>(
    "/v1/images",
    { bodyLimit: Number.MAX_SAFE_INTEGER, config: { audit: "upload", describes: descriptions.upload } },
    (request, reply) => postImage(routes, request, reply),
  );
  app.get<ModelQuery & { Params: { id: string } }>(
    "/v1/images/:id",
    { config: { describes: descriptions.lookup } },
    (request, reply) => getImage(routes, request, reply),
  );
}

async function postImage(routes: ImageRoutes, request: FastifyRequest<UploadQuery>, reply: FastifyReply) {
  const lines = request.headers.accept?.includes("application/x-ndjson") ? new JsonLines(reply) : undefined;
  const call = callOf(request, reply);
  const { id = "", model = "", priority = "", drafts = "" } = request.query;
  try {
    const imageId = id && checkImageId(id);
    if (imageId) tellAudit(request, { object: imageId });
    const header = { imageId, model, priority: priorityOf(priority), drafts: wantsDrafts(drafts) };
    const onProgress = (event: EncodeProgress) => lines?.tell(eventLine(event));
    const ready = await passOn(routes, request, (file) =>
      routes.ask.upload({ header, ...file }, { ...call, onProgress }),
    );
    if (ready.image) tellAudit(request, { object: ready.image.imageId });
    if (!lines) return reply.send(toJson(EncodeReadySchema, ready, { alwaysEmitImplicit: true }));
    lines.write(eventLine({ case: "ready", value: ready }));
    return lines.end();
  } catch (error) {
    tellAudit(request, { error });
    if (isInternal(error)) request.log.error({ err: error }, "request failed");
    if (!request.raw.complete) discardRest(request.raw);
    return lines ? lines.fail(error) : replyError(reply, error);
  }
}

async function getImage(
  { ask }: ImageRoutes,
  request: FastifyRequest<ModelQuery & { Params: { id: string } }>,
  reply: FastifyReply,
) {
  try {
    const imageId = checkImageId(request.params.id);
    const found = await ask.lookup({ imageId, model: request.query.model ?? "" }, callOf(request, reply));
    if (!found.image) {
      throw new ServiceError({ code: Code.NOT_FOUND, message: "This picture is not known here; upload it." });
    }
    return reply.send(toJson(LookupImageResponseSchema, found, { alwaysEmitImplicit: true }));
  } catch (error) {
    if (isInternal(error)) request.log.error({ err: error }, "request failed");
    return replyError(reply, error);
  }
}

/** @throws ServiceError INVALID_ARGUMENT for a word that is none (H11). */
function priorityOf(word: string): EncodePriority {
  switch (word) {
    case "":
    case "interactive":
      return EncodePriority.INTERACTIVE;
    case "bulk":
      return EncodePriority.BULK;
    default:
      throw invalidArgument(`The priority is "interactive" or "bulk"; "${word.slice(0, 80)}" is neither.`);
  }
}

/** V9 @throws ServiceError INVALID_ARGUMENT for a word that is none. */
function wantsDrafts(word: string): boolean {
  if (word === "" || word === "true") return word === "true";
  throw invalidArgument(`\`drafts\` is "true" or left out; "${word.slice(0, 80)}" is neither.`);
}

function eventLine(event: EncodeEvent["event"]) {
  return toJson(EncodeEventSchema, { $typeName: "maskwire.v1.EncodeEvent", event }, { alwaysEmitImplicit: true });
}
