/** Protobuf's bytes, written. */
export class WireWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  tag(number: number, wireType: number): void {
    this.varint(((number << 3) | wireType) >>> 0);
  }

  /** @param value of 32 bits; one with a sign is written in ten bytes. */
  varint(value: number): void {
    let [low, high] = [value >>> 0, value < 0 ? 0xffff_ffff : 0];
    while (high > 0 || low > 127) {
      this.#byte((low & 127) | 128);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#byte(low);
  }

  float(value: number): void {
    new DataView(this.#room(4).buffer).setFloat32(this.#length - 4, value, true);
  }

  double(value: number): void {
    new DataView(this.#room(8).buffer).setFloat64(this.#length - 8, value, true);
  }

  /** With their length before them. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#room(bytes.length).set(bytes, this.#length - bytes.length);
  }

  #byte(value: number): void {
    this.#room(1)[this.#length - 1] = value;
  }

  /** All bytes, with so many more of them taken. */
  #room(bytes: number): Uint8Array<ArrayBuffer> {
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}

/** Protobuf's bytes, read. Every method throws a RangeError where they end too soon. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { number: number; wireType: number } {
    const tag = this.varint();
    return { number: tag >>> 3, wireType: tag & 7 };
  }

  /** Its lower 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#view.getUint8(this.#at++);
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new RangeError("A number does not end.");
  }

  float(): number {
    this.#at += 4;
    return this.#view.getFloat32(this.#at - 4, true);
  }

  double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  /** Those that their length before them says. */
  bytes(): Uint8Array {
    const length = this.varint();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("The bytes end too soon.");
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.double();
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.float();
    else throw new RangeError(`There is no value of the type ${wireType}.`);
  }
}
