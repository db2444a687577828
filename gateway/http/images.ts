import { once } from "node:events";
import { toJson } from "@bufbuild/protobuf";
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { EncodeEventSchema, EncodeReadySchema, LookupImageResponseSchema } from "../../proto/index.js";
import { Code, describeError, invalidArgument, isInternal, ServiceError } from "../../services/runtime/errors.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Logger } from "../../services/runtime/logger.js";
import type { EncodeProgress, Encoders } from "../peers/encoders.js";
import { callerSignal } from "./caller-signal.js";
import { errorBody, replyError } from "./reply-error.js";

interface ImageRoutes {
  encoders: Encoders;
  maxImageBytes: number;
  deadlineMs: number;
  logger: Logger;
}

type ModelQuery = { Querystring: { model?: string } };

/** `POST /v1/images` and `GET /v1/images/:id` (H1 to H5). */
export async function imageRoutes(app: FastifyInstance, routes: ImageRoutes): Promise<void> {
  // A picture comes as it is, whatever type its sender gives it; what it really is shows in its bytes.
  app.removeAllContentTypeParsers();
  await app.register(multipart, { limits: { files: 1, fileSize: routes.maxImageBytes } });
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  app.post<ModelQuery>("/v1/images", { bodyLimit: Number.MAX_SAFE_INTEGER }, (request, reply) =>
    postImage(routes, request, reply),
  );
  app.get<ModelQuery & { Params: { id: string } }>("/v1/images/:id", (request, reply) =>
    getImage(routes, request, reply),
  );
}

async function postImage(routes: ImageRoutes, request: FastifyRequest<ModelQuery>, reply: FastifyReply) {
  const lines = request.headers.accept?.includes("application/x-ndjson") ? new EventLines(reply) : undefined;
  const signal = callerSignal(reply);
  try {
    // H4: what is announced as too large is refused before a byte of it is read.
    checkSize(Number(request.headers["content-length"] ?? 0), routes.maxImageBytes, request.isMultipart());
    const bytes = limited(await uploadedBytes(request), routes.maxImageBytes);
    const ready = await routes.encoders.encodeUpload(
      bytes,
      request.query.model ?? "",
      (event) => lines?.write(event),
      signal,
    );
    if (!lines) return reply.send(toJson(EncodeReadySchema, ready, { alwaysEmitImplicit: true }));
    lines.write({ case: "ready", value: ready });
    return lines.end();
  } catch (error) {
    if (isInternal(error)) routes.logger.error({ err: error, route: "POST /v1/images" }, "request failed");
    // The rest of a refused upload is not read: the connection cannot be used again.
    if (!request.raw.complete) reply.header("connection", "close");
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
    const signal = AbortSignal.any([callerSignal(reply), AbortSignal.timeout(deadlineMs)]);
    const found = await encoders.lookup(imageId, request.query.model ?? "", signal);
    if (!found.image) {
      throw new ServiceError({ code: Code.NOT_FOUND, message: "This picture is not known here; upload it." });
    }
    return reply.send(toJson(LookupImageResponseSchema, found, { alwaysEmitImplicit: true }));
  } catch (error) {
    return replyError(reply, error);
  }
}

async function uploadedBytes(request: FastifyRequest): Promise<AsyncIterable<Uint8Array>> {
  if (!request.isMultipart()) return (request.body as AsyncIterable<Uint8Array> | undefined) ?? request.raw;
  const part = await request.file().catch((cause: unknown) => {
    throw invalidArgument(`The multipart body cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  });
  if (!part) throw invalidArgument("The multipart body carries no file.");
  return part.file;
}

async function* limited(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of bytes) {
    total += piece.byteLength;
    checkSize(total, maxBytes, false);
    yield piece;
  }
  if (total === 0) throw invalidArgument("The file is empty.", "DAMAGED_IMAGE");
  // Multipart cuts the file off at the limit and only marks it.
  if ("truncated" in bytes && bytes.truncated) checkSize(maxBytes + 1, maxBytes, false);
}

/** Room for the lines that multipart puts around a file. */
const multipartBytes = 64 * 1024;

function checkSize(bytes: number, maxBytes: number, isMultipart: boolean): void {
  if (bytes <= maxBytes + (isMultipart ? multipartBytes : 0)) return;
  const message = `The file is larger than the ${maxBytes} bytes that are taken. Send a smaller one.`;
  throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE", message });
}

/** H2: one JSON event a line, from the first moment. */
class EventLines {
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    reply.raw.flushHeaders();
  }

  write(
    event: EncodeProgress | { case: "ready"; value: Parameters<typeof toJson<typeof EncodeReadySchema>>[1] },
  ): void {
    const line = toJson(
      EncodeEventSchema,
      { $typeName: "maskwire.v1.EncodeEvent", event },
      { alwaysEmitImplicit: true },
    );
    this.#reply.raw.write(`${JSON.stringify(line)}\n`);
  }

  async end(): Promise<FastifyReply> {
    const { raw } = this.#reply;
    raw.end();
    if (!raw.writableFinished) await once(raw, "close");
    return this.#reply;
  }

  fail(error: unknown): Promise<FastifyReply> {
    this.#reply.raw.write(`${JSON.stringify({ error: errorBody(describeError(error)) })}\n`);
    return this.end();
  }
}
