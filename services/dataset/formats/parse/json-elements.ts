/** A part of a JSON file, not parsed yet. */
interface JsonElement {
  /** Of the root object, that it or its array is the value of; "" where the root is an array. */
  readonly key: string;
  /** Its place in the array; 0 of a value. */
  readonly index: number;
  /** That it begins in, from 1. */
  readonly line: number;
  /** None: it is over the limit. */
  readonly text: string | undefined;
}

/** Which parts of a file are wanted. */
interface WantedElements {
  /** Of keys with an array of these names, or of the root where that is an array (""): each element. */
  readonly arrays?: readonly string[];
  /** Of these keys the value as a whole. */
  readonly values?: readonly string[];
  /** Of every key the first character of its value, as that begins. */
  readonly keys?: boolean;
  /** Of one element; 64 MiB without it. */
  readonly maxBytes?: number;
}

const usualMaxBytes = 64 * 2 ** 20;
/** Longer keys than this are wanted by nobody. */
const mostKeyBytes = 1024;

const newline = 0x0a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/**
 * The elements of a JSON file as they come, of which only one is in memory at a time. It looks at quotes and brackets alone: what is
 * wrong within an element is found when that is parsed, and the next one is read all the same, which a parser of tokens could not do.
 * @throws RangeError with one plain sentence when the file is no array or object, or ends too early.
 */
export async function* jsonElements(
  chunks: AsyncIterable<Uint8Array>,
  wanted: WantedElements,
): AsyncGenerator<JsonElement> {
  const splitter = new Splitter(wanted);
  for await (const chunk of chunks) yield* splitter.push(chunk);
  splitter.end();
}

class Splitter {
  readonly #wanted: WantedElements;
  readonly #maxBytes: number;
  #line = 1;
  #depth = 0;
  #root: "none" | "array" | "object" | "over" = "none";
  #isInString = false;
  #isEscaped = false;
  /** Of the root object. */
  #key = "";
  #isKeyNext = true;
  #isValueNext = false;
  #index = 0;
  /** Brackets around an element that is wanted; 0: none is. */
  #elementDepth = 0;
  /** What is being kept: the key or an element. */
  #keeping: "nothing" | "key" | "element" | "scalar" = "nothing";
  #pieces: Uint8Array[] = [];
  #kept = 0;
  #startLine = 1;

  constructor(wanted: WantedElements) {
    this.#wanted = wanted;
    this.#maxBytes = wanted.maxBytes ?? usualMaxBytes;
  }

  *push(chunk: Uint8Array): Generator<JsonElement> {
    /** Of what is being kept, in this chunk. */
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (this.#isInString) {
        i = this.#skipString(chunk, i);
        if (this.#isInString || i >= chunk.length) continue;
        if (this.#keeping === "key" && this.#depth === 1) this.#key = keyOf(this.#take(chunk, start, i + 1));
        else if (this.#keeping === "element" && this.#depth === this.#elementDepth) {
          yield this.#element(chunk, start, i + 1);
        }
        continue;
      }
      const byte = chunk[i]!;
      if (byte <= space) {
        if (byte === newline) this.#line++;
        continue;
      }
      if (this.#keeping === "scalar" && this.#depth === this.#elementDepth) {
        if (byte === comma || byte === closeArray || byte === closeObject) {
          yield this.#element(chunk, start, i);
        }
      }
      if (this.#isValueNext) {
        this.#isValueNext = false;
        if (this.#wanted.keys) {
          yield { key: this.#key, index: 0, line: this.#line, text: String.fromCharCode(byte) };
        }
      }
      if (this.#isStart(byte)) {
        this.#keeping = this.#isKeyAt() ? "key" : isScalar(byte) ? "scalar" : "element";
        this.#startLine = this.#line;
        start = i;
      }
      switch (byte) {
        case quote:
          this.#isInString = true;
          break;
        case openArray:
        case openObject:
          this.#open(byte);
          break;
        case closeArray:
        case closeObject:
          this.#depth--;
          if (this.#keeping === "element" && this.#depth === this.#elementDepth) {
            yield this.#element(chunk, start, i + 1);
          }
          this.#closed();
          break;
        case comma:
          if (this.#root === "object" && this.#depth === 1) {
            this.#isKeyNext = true;
            this.#elementDepth = 0;
          }
          break;
        case colon:
          if (this.#root === "object" && this.#depth === 1) this.#beginValue();
          break;
        default:
          // A byte order mark may come first.
          if (this.#root === "none" && byte < 0x80) throw new RangeError("The file is not JSON.");
      }
    }
    if (this.#keeping !== "nothing") this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (this.#root === "none") throw new RangeError("The file holds no JSON.");
    if (this.#root !== "over") throw new RangeError("The file ends in the middle: it has been cut off.");
  }

  /** To its closing quote, or to the chunk's end. */
  #skipString(chunk: Uint8Array, from: number): number {
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) {
        this.#isInString = false;
        return i;
      } else if (byte === newline) this.#line++;
    }
    return chunk.length;
  }

  #open(byte: number): void {
    if (this.#root === "over") throw new RangeError("The file goes on after its end.");
    if (this.#root === "none") {
      this.#root = byte === openArray ? "array" : "object";
      if (this.#root === "array" && this.#wanted.arrays?.includes("")) this.#elementDepth = 1;
    } else if (this.#root === "object" && this.#depth === 1 && this.#keeping === "nothing" && byte === openArray) {
      if (!this.#isKeyNext && this.#wanted.arrays?.includes(this.#key)) this.#elementDepth = 2;
    }
    this.#depth++;
  }

  #closed(): void {
    if (this.#depth === 0) this.#root = "over";
    else if (this.#depth < 0) throw new RangeError("The file closes more brackets than it opens.");
    else if (this.#depth < this.#elementDepth) this.#elementDepth = 0;
  }

  #beginValue(): void {
    this.#isKeyNext = false;
    this.#isValueNext = true;
    this.#index = 0;
    this.#elementDepth = this.#wanted.values?.includes(this.#key) ? 1 : 0;
  }

  #isKeyAt(): boolean {
    return this.#root === "object" && this.#depth === 1 && this.#isKeyNext;
  }

  /** Whether what begins with this byte is to be kept. */
  #isStart(byte: number): boolean {
    if (this.#keeping !== "nothing") return false;
    if (this.#isKeyAt()) return byte === quote;
    const isBetween = byte === comma || byte === colon || byte === closeArray || byte === closeObject;
    return this.#elementDepth > 0 && this.#depth === this.#elementDepth && !isBetween;
  }

  #keep(piece: Uint8Array): void {
    this.#kept += piece.length;
    // Of what is too long only its length is remembered. A copy: whoever reads may use the chunk again.
    if (this.#kept <= this.#limit()) this.#pieces.push(Uint8Array.from(piece));
    else this.#pieces = [];
  }

  #limit(): number {
    return this.#keeping === "key" ? mostKeyBytes : this.#maxBytes;
  }

  /** What was kept, and the rest of it. */
  #take(chunk: Uint8Array, start: number, end: number): string | undefined {
    const isWhole = this.#kept === 0;
    if (!isWhole) this.#keep(chunk.subarray(0, end));
    const last = chunk.subarray(start, end);
    const isTooLong = isWhole ? last.length > this.#limit() : this.#kept > this.#limit();
    const text = isTooLong ? undefined : textOf(isWhole ? last : Buffer.concat(this.#pieces));
    [this.#pieces, this.#kept, this.#keeping] = [[], 0, "nothing"];
    return text;
  }

  #element(chunk: Uint8Array, start: number, end: number): JsonElement {
    const line = this.#startLine;
    const key = this.#root === "array" ? "" : this.#key;
    return { key, index: this.#index++, line, text: this.#take(chunk, start, end) };
  }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");

const isScalar = (byte: number) => byte !== quote && byte !== openArray && byte !== openObject;

function keyOf(text: string | undefined): string {
  if (text === undefined) return "";
  try {
    return String(JSON.parse(text));
  } catch {
    return "";
  }
}
