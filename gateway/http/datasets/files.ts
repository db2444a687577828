import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type DatasetJob,
  DatasetService,
  FetchExportRequestSchema,
  FetchPictureRequestSchema,
  type FileChunk,
  GetThumbnailRequestSchema,
} from "../../../proto/index.js";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import { replyError } from "../../../services/runtime/http/reply-error.js";
import type { DatasetDoor } from "../../ask/datasets.js";
import { callOf } from "../call-of.js";
import { Places } from "../places.js";
import type { UnsentAnswers } from "../unsent-answers.js";
import { type ByteRange, byteRange } from "./byte-range.js";
import { handle } from "./handle.js";
import { putPathFields, type Query, queryMessage } from "./query-message.js";

export interface FileRoutes {
  datasets: DatasetDoor;
  metrics: Pick<Metrics, "limitHit">;
  unsentAnswers: UnsentAnswers;
}

const rpc = DatasetService.method;

/** Pictures of a page's grid are asked for together. */
const maxUnderWay = 256;
const retryAfterMs = 1000;
/** Of one file on its way: two chunks, and what the connection holds. */
const unsentBytes = 2 * 1024 * 1024;
const mostListeners = 32;
const noType = "application/octet-stream";

/** A file as its answer describes it. */
interface Described {
  bytes: number;
  name: string;
  /** Names its bytes: with quotes. */
  tag: string;
  /** What the browser does with it. */
  shows: "inline" | "attachment";
}

const descriptions = {
  picture: {
    summary: "A picture's file; takes Range",
    queryOf: FetchPictureRequestSchema,
    gives: { file: "The file, of the type that it is." },
  },
  thumbnail: {
    summary: "A picture made small",
    queryOf: GetThumbnailRequestSchema,
    gives: { file: "A WebP file." },
  },
  job: { summary: "What an export has made; takes Range", gives: { file: "The file, of the type that it is." } },
};

/** `GET /v1/datasets/:dataset/pictures/:picture/file`, `.../thumbnail` and `.../jobs/:job/file` (M4, M5, M10). */
export async function fileRoutes(app: FastifyInstance, routes: FileRoutes): Promise<void> {
  const { datasets, metrics, unsentAnswers } = routes;
  const places = new Places({
    count: maxUnderWay,
    limits: { full: "downloads", share: "downloads_share" },
    refusal: "Too many downloads at once; try again.",
    retryAfterMs,
    metrics,
  });

  app.get(
    "/v1/datasets/:dataset/pictures/:picture/file",
    { config: { describes: descriptions.picture } },
    handle(async (request, reply) => {
      const wanted = queryMessage(FetchPictureRequestSchema, request.query as Query);
      putPathFields(FetchPictureRequestSchema, wanted, request.params as Query);
      places.enter(request, reply);
      const call = callOf(request, reply);
      const { dataset, picture } = wanted;
      const { name, bytes, image } = await datasets.unary(rpc.getPicture, { dataset, picture }, call);
      const tag = `"${image?.imageId ?? ""}"`;
      return answer(request, reply, { bytes: Number(bytes), name, tag, shows: "inline" }, (range) =>
        datasets.stream(rpc.fetchPicture, { ...wanted, ...asNumbers(range) }, call),
      );
    }),
  );

  app.get(
    "/v1/datasets/:dataset/pictures/:picture/thumbnail",
    { config: { describes: descriptions.thumbnail } },
    handle(async (request, reply) => {
      const wanted = queryMessage(GetThumbnailRequestSchema, request.query as Query);
      putPathFields(GetThumbnailRequestSchema, wanted, request.params as Query);
      places.enter(request, reply);
      const { file, mediaType, imageId } = await datasets.unary(rpc.getThumbnail, wanted, callOf(request, reply));
      // What is named by its digest is the same for ever.
      const cached = wanted.imageId === "" ? "private, no-cache" : "private, max-age=31536000, immutable";
      // No tag has a space (RFC 9110).
      const tag = `"${imageId}-${wanted.size}"`;
      reply.header("cache-control", cached).header("vary", "origin, authorization").header("etag", tag);
      if (isKnown(request.headers["if-none-match"], tag)) return reply.code(304).send();
      unsentAnswers.hold(reply, file.byteLength);
      return reply.type(mediaType).send(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
    }),
  );

  app.get(
    "/v1/datasets/:dataset/jobs/:job/file",
    { config: { describes: descriptions.job } },
    handle(async (request, reply) => {
      const wanted = queryMessage(FetchExportRequestSchema, request.query as Query);
      putPathFields(FetchExportRequestSchema, wanted, request.params as Query);
      places.enter(request, reply);
      const call = callOf(request, reply);
      const { dataset, job } = wanted;
      const made = await datasets.unary(rpc.getJob, { dataset, job }, call);
      if (made.fileName === "") throw noFile(made);
      const file = {
        bytes: Number(made.bytes),
        name: made.fileName,
        tag: `"${made.id}"`,
        shows: "attachment",
      } as const;
      return answer(request, reply, file, (range) =>
        datasets.stream(rpc.fetchExport, { ...wanted, ...asNumbers(range) }, call),
      );
    }),
  );

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { bytes, name, tag, shows }: Described,
    open: (range: ByteRange) => AsyncGenerator<FileChunk>,
  ): Promise<FastifyReply> {
    // For this person alone, who may lose the right to it.
    reply.header("cache-control", "private, no-cache").header("vary", "origin, authorization");
    reply.header("etag", tag).header("accept-ranges", "bytes");
    if (isKnown(request.headers["if-none-match"], tag)) return reply.code(304).send();
    const isCurrent = request.headers["if-range"] === undefined || request.headers["if-range"] === tag;
    const part = isCurrent ? byteRange(request.headers.range, bytes) : undefined;
    if (part === "none") return outOfRange(reply, bytes);
    const { offset, length } = part ?? { offset: 0, length: bytes };
    reply.header("content-disposition", disposition(shows, name)).header("content-length", length);
    if (part) reply.code(206).header("content-range", `bytes ${offset}-${offset + length - 1}/${bytes}`);
    // Fastify counts the bytes of whatever is no stream.
    if (request.method === "HEAD") return reply.type(noType).send(Readable.from([]));
    if (length === 0) return reply.type(noType).send("");
    const chunks = open({ offset, length });
    const first = await chunks.next();
    unsentAnswers.hold(reply, Math.min(length, unsentBytes));
    // Of who counts, who waits and who streams.
    reply.raw.setMaxListeners(mostListeners);
    reply.type((!first.done && first.value.mediaType) || noType);
    return reply.send(Readable.from(bytesOf(chunks, first), { objectMode: false, highWaterMark: unsentBytes / 4 }));
  }
}

async function* bytesOf(
  chunks: AsyncGenerator<FileChunk>,
  first: IteratorResult<FileChunk>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await chunks.next()) yield next.value.chunk;
  } finally {
    await chunks.return(undefined);
  }
}

const asNumbers = ({ offset, length }: ByteRange) => ({ offset: BigInt(offset), length: BigInt(length) });

/** RFC 9110, 13.1.2: compared weakly. */
const isKnown = (header: string | undefined, tag: string): boolean =>
  header?.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag) ?? false;

/** RFC 6266: the name as it is, and in ASCII for who cannot read that. */
function disposition(shows: Described["shows"], path: string): string {
  const name = path.split("/").at(-1) ?? "";
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.replace(/\p{Surrogate}/gu, "_")).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${shows}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function outOfRange(reply: FastifyReply, bytes: number): FastifyReply {
  const message = `The file has ${bytes} bytes, and none where the Range begins.`;
  reply.header("content-range", `bytes */${bytes}`);
  return replyError(reply, new ServiceError({ code: Code.INVALID_ARGUMENT, message }), 416);
}

const noFile = ({ message }: DatasetJob) =>
  new ServiceError({
    code: Code.NOT_FOUND,
    message: message || "This job has made no file; that of an export is there when it is done.",
  });
