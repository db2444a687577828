import type { FastifyInstance, FastifyRequest } from "fastify";
import { invalidArgument } from "../../../services/runtime/errors.js";
import type { HeldUpload } from "../../../services/runtime/limits/upload-budget.js";
import { type BodyLimits, takeArriving } from "../../http/arriving-body.js";
import { checkMemory } from "../../json/json-memory.js";
import { Base64Bytes, beginsBase64, type DecodedFile } from "./base64-bytes.js";
import { LongStrings } from "./long-strings.js";

/** A body of JSON whose long strings were decoded on the way. */
export class AdapterBody {
  readonly json: unknown;
  readonly #files: readonly DecodedFile[];

  constructor(json: unknown, files: readonly DecodedFile[]) {
    this.json = json;
    this.#files = files;
  }

  /** What stood at a string that was cut out; undefined for one that is there itself. */
  fileAt(text: string): DecodedFile | undefined {
    return text.startsWith(placePrefix) ? this.#files[Number(text.slice(placePrefix.length))] : undefined;
  }
}

/** The largest body: a picture of 48 MiB. */
export const maxBodyBytes = 64 * 1024 * 1024;
/** Beside the files. */
export const maxRestBytes = 1024 * 1024;
const maxFiles = 8;

declare module "fastify" {
  interface FastifyContextConfig {
    /** As many pictures as a body may have; left out, a few. */
    files?: number;
  }
}
/** Of a connection on its way. */
const passingBytes = 256 * 1024;
/** No label, address or key is as long. */
const leastFileBytes = 4096;
const placePrefix = "\u0000file ";
/** As JSON writes it. */
const placeOf = (index: number) => `\\u0000file ${index}`;

/** Gives the routes of `app` their bodies as `AdapterBody`, whatever type they say. @param jsonBytes of memory that reading one may take. */
export function takeBodies(app: FastifyInstance, limits: BodyLimits, jsonBytes: number): void {
  takeArriving(app, limits, ({ routeOptions }) => {
    let room: HeldUpload | undefined;
    const { files = maxFiles } = routeOptions.config;
    const text = new BodyText({ files, jsonBytes }, (bytes) => room?.grow(passingBytes + bytes));
    return {
      take: (piece, _total, held) => {
        room = held;
        text.write(piece);
      },
      end: (total) => (total === 0 ? undefined : text.end()),
    };
  });
}

/** The body of a route that takes JSON. @throws ServiceError INVALID_ARGUMENT where none was sent. */
export function adapterBody({ body }: FastifyRequest): AdapterBody {
  if (body instanceof AdapterBody) return body;
  throw invalidArgument("The request has no body; send JSON.");
}

/** JSON as it arrives: files on one side, the rest on the other. */
class BodyText {
  readonly #maxFiles: number;
  readonly #jsonBytes: number;
  readonly #hold: (bytes: number) => void;
  readonly #files: DecodedFile[] = [];
  readonly #rest: Uint8Array[] = [];
  #restBytes = 0;
  #fileBytes = 0;
  readonly #strings = new LongStrings(leastFileBytes, {
    rest: (bytes) => this.#takeRest(bytes),
    begin: (head) => this.#beginFile(head),
  });

  /** @param hold told how many bytes are kept. */
  constructor({ files, jsonBytes }: { files: number; jsonBytes: number }, hold: (bytes: number) => void) {
    this.#maxFiles = files;
    this.#jsonBytes = jsonBytes;
    this.#hold = hold;
  }

  write(piece: Uint8Array): void {
    this.#strings.write(piece);
  }

  /** @throws ServiceError INVALID_ARGUMENT for what is no JSON, RESOURCE_EXHAUSTED for what could take more memory to read than there is. */
  end(): AdapterBody {
    const rest = Buffer.concat(this.#rest, this.#restBytes);
    checkMemory(rest, this.#jsonBytes);
    const text = rest.toString("utf8");
    try {
      return new AdapterBody(JSON.parse(text.replace(/^\uFEFF/, "")), this.#files);
    } catch {
      throw invalidArgument("The body is no JSON.");
    }
  }

  #takeRest(bytes: Uint8Array): void {
    this.#restBytes += bytes.byteLength;
    if (this.#restBytes > maxRestBytes) {
      throw invalidArgument(`Beside its pictures the body is larger than the ${maxRestBytes} bytes that are taken.`);
    }
    this.#hold(this.#fileBytes + this.#restBytes);
    this.#rest.push(bytes);
  }

  #beginFile(head: Uint8Array) {
    if (!beginsBase64(textOf(head))) return undefined;
    const index = this.#files.length;
    if (index === this.#maxFiles) throw invalidArgument(`The body has more than ${this.#maxFiles} pictures.`);
    const file = new Base64Bytes();
    const before = this.#fileBytes;
    return {
      place: placeOf(index),
      piece: (bytes: Uint8Array) => {
        file.add(textOf(bytes));
        this.#fileBytes = before + file.bytes;
        this.#hold(this.#fileBytes + this.#restBytes);
      },
      end: () => {
        this.#files.push(file.end());
      },
    };
  }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
