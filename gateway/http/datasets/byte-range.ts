/** So many bytes of a file, from an offset on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The part of a file that a `Range` header asks for (RFC 9110, 14.2).
 * @returns undefined for all of it, also where it asks for several parts, or in another unit; "none" where the file has no such part.
 */
export function byteRange(header: string | undefined, bytes: number): ByteRange | "none" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.replace(/\s/g, "") ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? "none" : { offset: bytes - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? bytes : Math.min(Number(last) + 1, bytes);
  // Ill-formed: as if it were not there.
  if (last !== "" && Number(last) < offset) return undefined;
  return offset >= bytes ? "none" : { offset, length: end - offset };
}
