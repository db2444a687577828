import { PassThrough, type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import type { FastifyRequest } from "fastify";
import { Code, invalidArgument, ServiceError } from "../../services/runtime/errors.js";
import { ArrivalPace, type PaceLimits } from "../../services/runtime/limits/arrival-pace.js";

export interface UploadLimits {
  maxImageBytes: number;
  pace: PaceLimits;
  /** Told of every piece that comes. */
  onArrived?(bytes: number): void;
}

/** Bytes that a request says are to come; 0 where it does not say. */
export const announcedBytes = ({ headers }: Pick<FastifyRequest, "headers">) => Number(headers["content-length"] ?? 0);

/** Room for what multipart puts around a file, fields among it: nothing of that is used. */
const aroundFileBytes = 64 * 1024;
const multipartLimits = {
  files: 1,
  fields: 16,
  parts: 17,
  fieldNameSize: 100,
  fieldSize: 4096,
  headerPairs: 32,
  headerSize: 4096,
};

const isMultipart = ({ headers }: FastifyRequest) => /^multipart\/form-data\b/i.test(headers["content-type"] ?? "");

/**
 * The file that is uploaded, raw or as the one of a multipart body (H1), while it arrives. Leaving it early, or its error, leaves
 * the connection as it is, so that the answer can still go out on it. It throws ServiceErrors: for too many bytes (H4, H16),
 * none at all, silence (H17), and CANCELLED when the sender is gone.
 * @throws ServiceError for what is announced as too large, before a byte of it is read, and for a multipart body without a file.
 */
export async function uploadedFile(request: FastifyRequest, limits: UploadLimits): Promise<Readable> {
  const { maxImageBytes } = limits;
  const isForm = isMultipart(request);
  const mostBytes = maxImageBytes + (isForm ? aroundFileBytes : 0);
  if (announcedBytes(request) > mostBytes) throw tooLarge(maxImageBytes);
  const body = arriving(request.raw, mostBytes, limits);
  if (!isForm) return body.pipe(measured(maxImageBytes, body));
  const file = await fileOf(body, request.headers["content-type"] ?? "", maxImageBytes);
  return file.pipe(measured(maxImageBytes, file));
}

/** What comes in on the connection, in its sender's time (H17). */
function arriving(
  source: Readable,
  mostBytes: number,
  { maxImageBytes, pace: limits, onArrived }: UploadLimits,
): Readable {
  let total = 0;
  const pace = new ArrivalPace(limits, (error) => body.destroy(error));
  const body = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      total += piece.byteLength;
      pace.arrived(piece.byteLength);
      onArrived?.(piece.byteLength);
      if (total > mostBytes) return done(tooLarge(maxImageBytes));
      // Full: the source is not read until there is room, and that is not its sender's fault.
      if (body.writableNeedDrain) pace.rest();
      done(null, piece);
    },
  });
  const cutOff = (cause?: unknown) => body.destroy(wasCutOff(cause));
  // It may fail before anybody reads it; whoever reads it later is told.
  body.on("error", () => {});
  body.on("drain", () => pace.expect());
  body.on("finish", () => pace.rest());
  body.on("close", () => pace.rest());
  source.once("error", cutOff);
  source.once("close", () => {
    if (!source.readableEnded) cutOff();
  });
  pace.expect();
  return source.pipe(body);
}

/** The file's own bytes: some, and not too many. */
function measured(maxBytes: number, source: Readable): Transform {
  let total = 0;
  const taken = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      total += piece.byteLength;
      done(total > maxBytes ? tooLarge(maxBytes) : null, piece);
    },
    flush(done) {
      done(total === 0 ? invalidArgument("The file is empty.", "DAMAGED_IMAGE") : null);
    },
  });
  taken.on("error", () => {});
  taken.once("close", () => source.unpipe(taken));
  source.once("error", (error) => taken.destroy(error));
  if (source.errored) taken.destroy(source.errored);
  return taken;
}

/** @throws ServiceError INVALID_ARGUMENT when the form carries no file, or more than belongs around one (H16). */
function fileOf(body: Readable, contentType: string, maxBytes: number): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const file = new PassThrough();
    file.on("error", () => {});
    const fail = (error: Error) => {
      reject(error);
      file.destroy(error);
      body.destroy(error);
    };
    let form: InstanceType<typeof Busboy>;
    try {
      // One byte more, so that a file over the limit is not cut off but seen.
      form = new Busboy({
        headers: { "content-type": contentType },
        limits: { ...multipartLimits, fileSize: maxBytes + 1 },
      });
    } catch (cause) {
      return fail(unreadable(cause));
    }
    const tooMuch = () => fail(invalidArgument("The multipart body has more fields than go with a file."));
    form.once("partsLimit", tooMuch).once("fieldsLimit", tooMuch);
    form.once("file", (_name, stream) => {
      stream.once("error", (cause) => fail(unreadable(cause)));
      stream.pipe(file);
      resolve(file);
    });
    form.on("field", () => {});
    pipeline(body, form).then(
      () => reject(invalidArgument("The multipart body carries no file.")),
      (cause: unknown) => fail(cause instanceof ServiceError ? cause : unreadable(cause)),
    );
  });
}

function unreadable(cause: unknown): ServiceError {
  return invalidArgument(`The multipart body cannot be read: ${cause instanceof Error ? cause.message : cause}.`);
}

function wasCutOff(cause: unknown): ServiceError {
  return new ServiceError({ code: Code.CANCELLED, message: "The upload was cut off.", cause });
}

function tooLarge(maxBytes: number): ServiceError {
  const message = `The file is larger than the ${maxBytes} bytes that are taken. Send a smaller one.`;
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE", message });
}
