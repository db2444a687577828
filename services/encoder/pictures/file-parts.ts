/** A picture's file as it came, one part after the other: whoever needs it in one piece joins it. */
export type FileParts = readonly Uint8Array[];

export const bytesOf = (parts: FileParts): number => parts.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** What is smaller is copied: it may lie in memory of many times its size, and each piece takes some by itself. */
const leastBytes = 32 * 1024;
const blockBytes = 64 * 1024;

/** The parts of a file while it arrives, in pieces of any size. They take at most twice the file's bytes. */
export class ArrivingParts {
  readonly #parts: Uint8Array[] = [];
  /** What is left of the last part, where small pieces are copied to. */
  #room = new Uint8Array(0);

  add(piece: Uint8Array): void {
    const rest = this.#fill(piece);
    if (rest.byteLength >= leastBytes) this.#parts.push(rest);
    else if (rest.byteLength > 0) {
      this.#room = new Uint8Array(blockBytes);
      this.#parts.push(this.#room);
      this.#fill(rest);
    }
  }

  /** No more comes. */
  end(): Uint8Array[] {
    const last = this.#parts.pop();
    if (last) this.#parts.push(last.subarray(0, last.byteLength - this.#room.byteLength));
    return this.#parts;
  }

  /** @returns what there was no room for. */
  #fill(piece: Uint8Array): Uint8Array {
    const copied = piece.subarray(0, this.#room.byteLength);
    this.#room.set(copied);
    this.#room = this.#room.subarray(copied.byteLength);
    return piece.subarray(copied.byteLength);
  }
}
