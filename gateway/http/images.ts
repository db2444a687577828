import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { toJson } from "@bufbuild/protobuf";
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  EncodeEventSchema,
  EncodePriority,
  type EncodeReady,
  EncodeReadySchema,
  LookupImageResponseSchema,
} from "../../proto/index.js";
import { Code, invalidArgument, isInternal, ServiceError } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import { withDeadline } from "../deadline.js";
import type { EncodeProgress, Encoders } from "../peers/encoders.js";
import { callerSignal } from "./caller-signal.js";
import { JsonLines } from "./json-lines.js";
import { originOf } from "./observe-requests.js";

interface ImageRoutes {
  encoders: Encoders;
  maxImageBytes: number;
  deadlineMs: number;
}

type ModelQuery = { Querystring: { model?: string } };
type UploadQuery = { Querystring: { model?: string; id?: string; priority?: string } };

/** `POST /v1/images` and `GET /v1/images/:id` (H1 to H5, H8, H11). */
export async function imageRoutes(app: FastifyInstance, routes: ImageRoutes): Promise<void> {
  // A picture comes as it is, whatever type its sender gives it; what it really is shows in its bytes.
  app.removeAllContentTypeParsers();
  await app.register(multipart, { limits: { files: 1, fileSize: routes.maxImageBytes } });
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  app.post<UploadQuery>("/v1/images", { bodyLimit: Number.MAX_SAFE_INTEGER }, (request, reply) =>
    postImage(routes, request, reply),
  );
  app.get<ModelQuery & { Params: { id: string } }>("/v1/images/:id", (request, reply) =>
    getImage(routes, request, reply),
  );
}

async function postImage(routes: ImageRoutes, request: FastifyRequest<UploadQuery>, reply: FastifyReply) {
  const lines = request.headers.accept?.includes("application/x-ndjson") ? new JsonLines(reply) : undefined;
  const signal = callerSignal(reply);
  const { id = "", model = "", priority = "" } = request.query;
  try {
    // H4: what is announced as too large is refused before a byte of it is read.
    checkSize(Number(request.headers["content-length"] ?? 0), routes.maxImageBytes, request.isMultipart());
    const bytes = limited(await uploadedBytes(request), routes.maxImageBytes);
    const ready = await routes.encoders.encodeUpload(
      bytes,
      { imageId: id && checkImageId(id), model, priority: priorityOf(priority) },
      (event) => lines?.write(eventLine(event)),
      signal,
      originOf(request),
    );
    // H8: what is known already may still be arriving, and is not needed.
    if (!request.raw.complete) request.raw.resume();
    if (!lines) return reply.send(toJson(EncodeReadySchema, ready, { alwaysEmitImplicit: true }));
    lines.write(eventLine({ case: "ready", value: ready }));
    return lines.end();
  } catch (error) {
    if (isInternal(error)) request.log.error({ err: error }, "request failed");
    if (!request.raw.complete) discardRest(request.raw);
    return lines ? lines.fail(error) : replyError(reply, error);
  }
}

async function getImage(
  { encoders, deadlineMs }: ImageRoutes,
  request: FastifyRequest<ModelQuery & { Params: { id: string } }>,
  reply: FastifyReply,
) {
  try {
    const imageId = checkImageId(request.params.id);
    const found = await withDeadline(callerSignal(reply), deadlineMs, (until) =>
      encoders.lookup(imageId, request.query.model ?? "", until, originOf(request)),
    );
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

async function uploadedBytes(request: FastifyRequest): Promise<Readable> {
  if (!request.isMultipart()) return request.raw;
  const part = await request.file().catch((cause: unknown) => {
    throw invalidArgument(`The multipart body cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  });
  if (!part) throw invalidArgument("The multipart body carries no file.");
  return part.file;
}

/**
 * What is uploaded, up to the limit (H4). A stream of its own: leaving it early, or its error, leaves the connection as it
 * is, so that the answer can still go out on it.
 */
function limited(source: Readable, maxBytes: number): Readable {
  let total = 0;
  const taken = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      total += piece.byteLength;
      done(total > maxBytes ? tooLarge(maxBytes) : null, piece);
    },
    flush(done) {
      // Multipart cuts the file off at the limit and only marks it.
      if ("truncated" in source && source.truncated) done(tooLarge(maxBytes));
      else done(total === 0 ? invalidArgument("The file is empty.", "DAMAGED_IMAGE") : null);
    },
  });
  const cutOff = (cause?: unknown) =>
    taken.destroy(new ServiceError({ code: Code.CANCELLED, message: "The upload was cut off.", cause }));
  // It may fail before anybody reads it; whoever reads it later is told.
  taken.on("error", () => {});
  source.once("error", cutOff);
  source.once("close", () => {
    if (!source.readableEnded) cutOff();
  });
  return source.pipe(taken);
}

/** How long the rest of a refused upload may go on arriving. */
const discardMs = 5000;

/**
 * Throws away what still arrives, for a while: closing at once would reset the connection, and a sender that is busy
 * sending would never see the answer.
 */
function discardRest(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), discardMs).unref();
  request.once("close", () => clearTimeout(timer));
}

/** Room for the lines that multipart puts around a file. */
const multipartBytes = 64 * 1024;

function checkSize(bytes: number, maxBytes: number, isMultipart: boolean): void {
  if (bytes > maxBytes + (isMultipart ? multipartBytes : 0)) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): ServiceError {
  const message = `The file is larger than the ${maxBytes} bytes that are taken. Send a smaller one.`;
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE", message });
}

function eventLine(event: EncodeProgress | { case: "ready"; value: EncodeReady }) {
  return toJson(EncodeEventSchema, { $typeName: "maskwire.v1.EncodeEvent", event }, { alwaysEmitImplicit: true });
}
