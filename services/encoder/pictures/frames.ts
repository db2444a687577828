import { bytesOf } from "./file-parts.js";

/** A message between a process and its picture process: a small object, and bytes that go along as they are. */
export interface Frame<Message> {
  message: Message;
  body: Uint8Array;
}

/** Two little-endian words, the lengths of the JSON and of the body, stand before both. */
const prefixBytes = 8;
/** The JSON is ours; the other side may be in a stranger's hands all the same. */
const mostJsonBytes = 64 * 1024;

/** What to write, in pieces: the body's parts are not copied. */
export function frameParts(message: object, body: readonly Uint8Array[] = []): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(message));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32LE(json.byteLength, 0);
  prefix.writeUInt32LE(bytesOf(body), 4);
  return [prefix, json, ...body];
}

/** Puts frames together from the chunks of a stream. A body is laid in its place as it comes, and copied only once. */
export class FrameReader<Message> {
  readonly #mostBodyBytes: number;
  readonly #onFrame: (frame: Frame<Message>) => void;
  readonly #room: (bytes: number) => Buffer;
  #head: Buffer = Buffer.alloc(0);
  #body: { message: Message; bytes: Buffer; filled: number } | undefined;

  /** @param room memory for a body; that of this process alone when left out. */
  constructor(
    onFrame: (frame: Frame<Message>) => void,
    mostBodyBytes: number,
    room: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafeSlow(bytes),
  ) {
    this.#room = room;
    this.#onFrame = onFrame;
    this.#mostBodyBytes = mostBodyBytes;
  }

  /** @throws RangeError when a frame announces more than is taken, SyntaxError when its message is no JSON. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.byteLength > 0) rest = this.#body ? this.#fill(this.#body, rest) : this.#begin(rest);
  }

  #begin(chunk: Buffer): Buffer {
    this.#head = this.#head.byteLength > 0 ? Buffer.concat([this.#head, chunk]) : chunk;
    const none = chunk.subarray(chunk.byteLength);
    if (this.#head.byteLength < prefixBytes) return none;
    const [jsonBytes, bodyBytes] = [this.#head.readUInt32LE(0), this.#head.readUInt32LE(4)];
    if (jsonBytes > mostJsonBytes || bodyBytes > this.#mostBodyBytes) throw new RangeError("a frame is too long");
    const start = prefixBytes + jsonBytes;
    if (this.#head.byteLength < start) return none;
    const message = JSON.parse(this.#head.toString("utf8", prefixBytes, start)) as Message;
    const rest = this.#head.subarray(start);
    this.#head = none;
    const body = { message, bytes: this.#room(bodyBytes), filled: 0 };
    this.#body = body;
    return this.#fill(body, rest);
  }

  #fill(body: { message: Message; bytes: Buffer; filled: number }, chunk: Buffer): Buffer {
    const taken = chunk.copy(body.bytes, body.filled);
    body.filled += taken;
    if (body.filled === body.bytes.byteLength) {
      this.#body = undefined;
      this.#onFrame({ message: body.message, body: body.bytes });
    }
    return chunk.subarray(taken);
  }
}
