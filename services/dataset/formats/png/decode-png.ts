import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { Unreadable } from "../parse/unreadable.js";

/** The values in a PNG, as they are: an image library would make colours of them. */
export interface PngValues {
  readonly width: number;
  readonly height: number;
  /** What a value is: an index of the palette, a grey, or 0xrrggbb. */
  readonly kind: "index" | "grey" | "colour";
  /** Row by row. */
  readonly values: Uint8Array | Uint16Array | Uint32Array;
  /** Of a palette: 0xrrggbb each. */
  readonly palette: readonly number[];
}

const inflated = promisify(inflate);
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const mostPixels = 2 ** 27;
/** Of all of a picture's values. */
const mostBytes = 2 ** 28;
/** Numbers a pixel, by PNG's colour type. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly channels: number;
}

/**
 * Opacity is left out.
 * @param limit pixels that it may have.
 * @throws Unreadable when it is no PNG, a damaged one, or of a kind that masks are not kept in.
 */
export async function decodePng(bytes: Buffer, limit = mostPixels): Promise<PngValues> {
  if (!bytes.subarray(0, 8).equals(signature)) throw new Unreadable("The file is no PNG.");
  let header: Header | undefined;
  let palette: number[] = [];
  const data: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (body.length < length) break;
    if (type === "IHDR") header = headerOf(body, limit);
    else if (type === "PLTE")
      palette = Array.from({ length: Math.floor(length / 3) }, (_, i) => body.readUIntBE(3 * i, 3));
    else if (type === "IDAT") data.push(body);
    else if (type === "IEND") break;
    at += 12 + length;
  }
  if (!header) throw new Unreadable("The PNG has no header.");
  const rows = await rowsOf(Buffer.concat(data), header);
  const { width, height, type } = header;
  const kind = type === 3 ? "index" : type === 0 || type === 4 ? "grey" : "colour";
  return { width, height, kind, palette, values: valuesOf(rows, header) };
}

function headerOf(body: Buffer, limit: number): Header {
  if (body.length < 13) throw new Unreadable("The PNG's header is cut off.");
  const [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
  const [depth = 0, type = 0, , , interlace = 0] = body.subarray(8);
  const channels = channelsOf[type];
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) throw new Unreadable("The PNG is of no known kind.");
  if (interlace !== 0) throw new Unreadable("The PNG is interlaced; save it without.");
  if (width === 0 || height === 0 || width * height > limit) {
    throw new Unreadable(`The PNG is ${width} x ${height}, which is no size of a mask.`);
  }
  const header = { width, height, depth, type, channels };
  if (rowBytesOf(header) * height > mostBytes)
    throw new Unreadable(`The PNG is ${width} x ${height}, in too many colours.`);
  return header;
}

const rowBytesOf = ({ width, channels, depth }: Header) => Math.ceil((width * channels * depth) / 8);

/** Without the filters that each row was written by: https://www.w3.org/TR/png-3/#9Filters */
async function rowsOf(data: Buffer, header: Header): Promise<Uint8Array> {
  const rowBytes = rowBytesOf(header);
  const expected = (rowBytes + 1) * header.height;
  let raw: Buffer;
  try {
    raw = await inflated(data, { maxOutputLength: expected });
  } catch {
    throw new Unreadable("The PNG's pixels are damaged.");
  }
  if (raw.length < expected) throw new Unreadable("The PNG ends before its last row.");
  const back = Math.max(1, (header.channels * header.depth) >> 3);
  const rows = new Uint8Array(rowBytes * header.height);
  for (let y = 0; y < header.height; y++) {
    const from = y * (rowBytes + 1);
    const to = y * rowBytes;
    rows.set(raw.subarray(from + 1, from + 1 + rowBytes), to);
    unfilter(rows, to, rowBytes, back, raw[from]!, y === 0);
  }
  return rows;
}

function unfilter(
  rows: Uint8Array,
  start: number,
  length: number,
  back: number,
  filter: number,
  isFirst: boolean,
): void {
  if (filter === 0) return;
  if (filter > 4) throw new Unreadable("The PNG's pixels are damaged.");
  for (let i = 0; i < length; i++) {
    const at = start + i;
    const left = i < back ? 0 : rows[at - back]!;
    const above = isFirst ? 0 : rows[at - length]!;
    if (filter === 1) rows[at] = rows[at]! + left;
    else if (filter === 2) rows[at] = rows[at]! + above;
    else if (filter === 3) rows[at] = rows[at]! + ((left + above) >> 1);
    else rows[at] = rows[at]! + paeth(left, above, i < back || isFirst ? 0 : rows[at - length - back]!);
  }
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function valuesOf(rows: Uint8Array, header: Header): PngValues["values"] {
  const { width, height, depth, channels } = header;
  const rowBytes = rowBytesOf(header);
  if (channels >= 3) {
    const values = new Uint32Array(width * height);
    const step = depth >> 3;
    for (let i = 0; i < values.length; i++) {
      const at = i * channels * step;
      values[i] = (rows[at]! << 16) | (rows[at + step]! << 8) | rows[at + 2 * step]!;
    }
    return values;
  }
  if (depth === 16) {
    const at = (i: number) => 2 * channels * i;
    return Uint16Array.from({ length: width * height }, (_, i) => (rows[at(i)]! << 8) | rows[at(i) + 1]!);
  }
  if (depth === 8) {
    return channels === 1 ? rows : Uint8Array.from({ length: width * height }, (_, i) => rows[channels * i]!);
  }
  const values = new Uint8Array(width * height);
  const mask = 2 ** depth - 1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const bit = x * depth;
      values[i] = (rows[y * rowBytes + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return values;
}
