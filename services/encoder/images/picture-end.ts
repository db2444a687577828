import type { Format } from "../../runtime/offered-formats.js";

/**
 * Where the picture ends in its file, for formats that tell; undefined when this one does not, or the file is cut short or
 * damaged before its end. What follows may be anything: the video of a phone's motion photo, or ballast.
 */
export function pictureEnd(bytes: Uint8Array, format: Format): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const end = ends[format]?.(view, bytes);
    return end !== undefined && end <= bytes.byteLength ? end : undefined;
  } catch (error) {
    // Beyond the end of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

type EndOf = (view: DataView, bytes: Uint8Array) => number | undefined;

/** A TIFF's parts lie anywhere, and nothing says which is the last. */
const ends: Partial<Record<Format, EndOf>> = { jpeg: jpegEnd, png: pngEnd, gif: gifEnd, webp: webpEnd, avif: avifEnd };

/** ITU-T T.81, B.1: segments up to EOI; within entropy-coded data FF 00 is a byte and RST0 to RST7 go on. */
function jpegEnd(view: DataView, bytes: Uint8Array): number | undefined {
  let at = 2;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xd9) return at + 2;
    const isAlone = marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    // Before a marker any number of FF may stand.
    if (marker === 0xff) at += 1;
    else at += isAlone ? 2 : 2 + view.getUint16(at + 2);
  }
}

/** PNG 1.2, 3.2: length, type, data, checksum; the last is IEND. */
function pngEnd(view: DataView): number | undefined {
  let at = 8;
  for (;;) {
    const type = view.getUint32(at + 4);
    at += 12 + view.getUint32(at);
    if (type === 0x4945_4e44) return at;
  }
}

/** GIF 89a: blocks of sub-blocks up to the trailer 3B. */
function gifEnd(view: DataView): number | undefined {
  const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(view.getUint8(10));
  for (;;) {
    const block = view.getUint8(at);
    if (block === 0x3b) return at + 1;
    if (block === 0x21) at += 2;
    else if (block === 0x2c) at += 11 + tableBytes(view.getUint8(at + 9));
    else return undefined;
    for (let size = view.getUint8(at); size !== 0; size = view.getUint8(at)) at += size + 1;
    at += 1;
  }
}

/** RIFF: the size is what follows its own field, rounded up to an even number. */
function webpEnd(view: DataView): number {
  const size = view.getUint32(4, true);
  return 8 + size + (size % 2);
}

/** Boxes that a still or moving AVIF is made of (ISO/IEC 14496-12, 23008-12); ballast calls itself otherwise. */
const pictureBoxes = new Set(["ftyp", "styp", "meta", "mdat", "moov", "moof", "mfra", "sidx", "uuid", "grpl", "etyp"]);

/** ISO/IEC 14496-12, 4.2: boxes one after the other; the end is after the last one that belongs to a picture. */
function avifEnd(view: DataView, bytes: Uint8Array): number | undefined {
  let end: number | undefined;
  let at = 0;
  while (at + 8 <= bytes.byteLength) {
    const small = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const size = small === 1 ? Number(view.getBigUint64(at + 8)) : small === 0 ? bytes.byteLength - at : small;
    if (size < 8 || !/^[\x20-\x7e]{4}$/.test(type)) break;
    at += size;
    if (pictureBoxes.has(type)) end = at;
  }
  return end;
}
