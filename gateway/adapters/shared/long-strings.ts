const quote = 0x22;
const backslash = 0x5c;

/** Who takes the text apart. */
interface Sink {
  /** The JSON text with a short string in the place of each long one. */
  rest(bytes: Uint8Array): void;
  /**
   * A string is longer than any but a file is.
   * @param head its beginning as it stands in the text, escapes and all. @returns what takes it; undefined to leave it where it is.
   */
  begin(head: Uint8Array): { readonly place: string; piece(bytes: Uint8Array): void; end(): void } | undefined;
}

/**
 * Cuts long strings out of JSON text while it arrives. A picture in Base64 is most of such a text: as a string of JavaScript's it
 * would be there three times over, and be parsed for nothing.
 */
export class LongStrings {
  readonly #leastBytes: number;
  readonly #sink: Sink;
  #isInString = false;
  /** Whether the piece before ended with a backslash that escapes what comes. */
  #isEscaped = false;
  /** Of a string that is not long yet. */
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #taker: ReturnType<Sink["begin"]> | "left" | undefined;

  constructor(leastBytes: number, sink: Sink) {
    this.#leastBytes = leastBytes;
    this.#sink = sink;
  }

  write(piece: Uint8Array): void {
    let at = 0;
    /** Where what was not handed on yet begins: text between strings, and short strings. */
    let from = 0;
    while (at < piece.byteLength) {
      if (!this.#isInString) {
        const begin = piece.indexOf(quote, at);
        this.#isInString = begin >= 0;
        at = begin < 0 ? piece.byteLength : begin + 1;
        continue;
      }
      const end = this.#endOfString(piece, at);
      const stop = end < 0 ? piece.byteLength : end;
      const isShort = end >= 0 && this.#headBytes + stop - at < this.#leastBytes && this.#taker === undefined;
      // Most strings are there whole: a text of many is handed on in one.
      if (!isShort || this.#headBytes > 0) {
        this.#leave(piece.subarray(from, at));
        this.#take(piece.subarray(at, stop));
        from = stop;
      }
      if (end < 0) return;
      this.#close();
      at = end + 1;
    }
    this.#leave(piece.subarray(from));
  }

  /** Where the string ends in which `at` is; -1 when that is not in this piece. */
  #endOfString(piece: Uint8Array, at: number): number {
    for (let end = piece.indexOf(quote, at); end >= 0; end = piece.indexOf(quote, end + 1)) {
      if (!this.#escapes(piece, at, end)) {
        this.#isEscaped = false;
        return end;
      }
    }
    this.#isEscaped = this.#escapes(piece, at, piece.byteLength);
    return -1;
  }

  /** Whether the backslashes before `end` escape what stands there. */
  #escapes(piece: Uint8Array, start: number, end: number): boolean {
    let slashes = 0;
    while (end - 1 - slashes >= start && piece[end - 1 - slashes] === backslash) slashes++;
    const isOdd = slashes % 2 === 1;
    return slashes === end - start && this.#isEscaped ? !isOdd : isOdd;
  }

  #take(bytes: Uint8Array): void {
    if (this.#taker === "left") return this.#sink.rest(bytes);
    if (this.#taker) return this.#taker.piece(bytes);
    this.#head.push(bytes);
    this.#headBytes += bytes.byteLength;
    if (this.#headBytes < this.#leastBytes) return;
    const head = Buffer.concat(this.#head.splice(0), this.#headBytes);
    this.#taker = this.#sink.begin(head) ?? "left";
    this.#take(head);
  }

  #close(): void {
    if (this.#taker && this.#taker !== "left") {
      this.#taker.end();
      this.#sink.rest(Buffer.from(this.#taker.place));
    }
    for (const piece of this.#head.splice(0)) this.#sink.rest(piece);
    this.#headBytes = 0;
    this.#taker = undefined;
    this.#isInString = false;
  }

  #leave(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#sink.rest(bytes);
  }
}
