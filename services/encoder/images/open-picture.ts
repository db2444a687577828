import type { Metadata, Sharp } from "sharp";
import { type Format, formatNames, formatOf, otherFormatOf } from "../../runtime/offered-formats.js";
import type { PictureReading } from "../../sam/picture-reading.js";
import type { Region } from "../../sam/region.js";
import { checkBytes } from "./check-bytes.js";
import { type DecodeCost, decodeCost } from "./decode-cost.js";
import { pictureEnd } from "./picture-end.js";
import { badCrop, damagedImage, imageTooLarge, meaningOf, notOffered, unsupportedImage } from "./picture-errors.js";
import { openImage, openPixels } from "./sharp.js";
import { asUnsigned, mainPage, type TiffPage, tiffPages, usedBands } from "./tiff-directory.js";
import { isTurned, storedRegion, turnUpright } from "./turn-upright.js";
import { type Depth, rangeOf, type Samples, sampleArrays, toBytes, type ValueRange } from "./value-range.js";

export interface ImageLimits {
  maxImageBytes: number;
  maxImagePixels: number;
  /** Memory that decoding may take; as much as it likes when left out. */
  maxDecodeBytes?: number;
}

/** For who opens files of their own. */
export const noLimits: ImageLimits = { maxImageBytes: Number.POSITIVE_INFINITY, maxImagePixels: 0xffff_ffff };

/** Interleaved bytes of sRGB, with an alpha channel where it was asked to be kept. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

interface PixelOptions {
  /** A part of the upright picture; all of it when left out. */
  crop?: Region | undefined;
  /** Pixels to make of it, no more than there are; as many as there are when left out. */
  size?: { width: number; height: number };
  /** Keeps transparency as a fourth channel; over white otherwise. */
  keepsAlpha?: boolean;
}

/** A picture whose header is read and within limits, and whose pixels are not decoded yet. */
export interface Picture {
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
  readonly reading: PictureReading;
  /** Memory that decoding it takes, by its header. */
  readonly decodeBytes: number;
  /** @throws ServiceError as `openPicture` does. */
  pixels(options?: PixelOptions): Promise<Pixels>;
}

/**
 * Ballast behind the picture is refused; what phones append is not: the video of a motion photo (up to about 12 MiB), a
 * second picture as large as the first, a maker's trailer.
 */
const mostTailBytes = (pictureBytes: number) => Math.max(16 * 1024 * 1024, 2 * pictureBytes);

/**
 * Opens a picture file: the one way, for whoever reads pictures. Loaders, limits, what counts as damage, orientation,
 * page, bands and range of values are decided here and nowhere else. Only the header is read.
 * @throws ServiceError INVALID_ARGUMENT (UNSUPPORTED_IMAGE, DAMAGED_IMAGE), RESOURCE_EXHAUSTED (IMAGE_TOO_LARGE).
 */
export async function openPicture(bytes: Uint8Array, limits: ImageLimits): Promise<Picture> {
  if (bytes.byteLength === 0) throw damagedImage("The file is empty.");
  checkBytes(bytes.byteLength, limits);
  const format = formatOf(bytes);
  if (!format) throw notOffered(otherFormatOf(bytes));
  checkTail(bytes, format);
  const pages = format === "tiff" ? tiffPages(bytes) : [];
  const page = mainPage(pages);
  checkSamples(pages[page]);
  const header = await openImage(bytes, { page })
    .metadata()
    .catch((cause: unknown) => {
      throw meaningOf(cause, format, "header");
    });
  const picture = new PictureFile({ bytes, format, header, page, pages, limits });
  checkPixels(picture, limits);
  picture.checkCost();
  return picture;
}

/** @throws ServiceError INVALID_ARGUMENT when the part is empty or reaches over the picture's edge. */
export function checkCrop({ x, y, width, height }: Region, picture: { width: number; height: number }): void {
  if (width > 0 && height > 0 && x + width <= picture.width && y + height <= picture.height) return;
  throw badCrop(
    `The crop ${width} x ${height} at (${x}, ${y}) is no part of the picture of ${picture.width} x ${picture.height} pixels.`,
  );
}

function checkTail(bytes: Uint8Array, format: Format): void {
  const end = pictureEnd(bytes, format);
  if (end === undefined) return;
  const tail = bytes.byteLength - end;
  if (tail <= mostTailBytes(end)) return;
  throw imageTooLarge(
    `After the picture of ${end} bytes the file goes on for ${tail}; at most ${mostTailBytes(end)} are taken. Save the picture again without them.`,
  );
}

/** Said by name here; the loader would only say that the header is corrupt. */
function checkSamples(page: TiffPage | undefined): void {
  if (!page) return;
  const { sampleFormat, bitsPerSample } = page;
  const kind =
    sampleFormat === 5 || sampleFormat === 6
      ? "complex numbers"
      : bitsPerSample > 32
        ? `${sampleFormat === 3 ? "floating point" : "whole"} numbers of ${bitsPerSample} bits`
        : undefined;
  if (kind)
    throw unsupportedImage(`The TIFF's values are ${kind}; at most 32 bits a channel are read. Convert it first.`);
}

function checkPixels({ width, height }: Picture, { maxImagePixels }: ImageLimits): void {
  if (!(width > 0 && height > 0)) throw damagedImage("The picture has no size.");
  if (width * height > maxImagePixels) {
    throw imageTooLarge(
      `The picture has ${width} x ${height} pixels; at most ${maxImagePixels} are taken. Send a smaller one.`,
    );
  }
}

interface Opened {
  bytes: Uint8Array;
  format: Format;
  header: Metadata;
  /** From 0. */
  page: number;
  /** Of a TIFF. */
  pages: readonly TiffPage[];
  limits: ImageLimits;
}

/** The largest value of an alpha band, by its type. */
const opaque: Record<Depth, number> = {
  uchar: 0xff,
  char: 0x7f,
  ushort: 0xffff,
  short: 0x7fff,
  uint: 0xffff_ffff,
  int: 0x7fff_ffff,
  float: 1,
  double: 1,
};

class PictureFile implements Picture {
  readonly width: number;
  readonly height: number;
  readonly reading: PictureReading;
  readonly #opened: Opened;
  readonly #depth: Depth;
  /** What is used, from 0, when something is left out. */
  readonly #bands: number[] | undefined;
  /** What had to be decoded as a whole to be brought into the form that all others have. */
  #converted: Promise<Sharp> | undefined;

  constructor(opened: Opened) {
    const { header, page, pages, format } = opened;
    this.#opened = opened;
    ({ width: this.width, height: this.height } = header.autoOrient);
    if (!(header.depth in sampleArrays)) {
      throw unsupportedImage(`The picture's values are of the kind "${header.depth}", which is not read.`);
    }
    this.#depth = header.depth as Depth;
    const main = pages[page];
    this.#bands = main && usedBands(main);
    if (this.#bands && header.channels !== main?.samplesPerPixel) this.#bands = undefined;
    if (this.#bands && !isLight(header)) {
      throw unsupportedImage(
        `The ${formatNames[format]} has bands besides its colours, and these are no grey and no RGB.`,
      );
    }
    this.reading = {
      orientation: header.orientation ?? 1,
      page: page + 1,
      pages: Math.max(pages.length, header.pages ?? 1),
      ...(this.#bands ? { bands: this.#bands.map((band) => band + 1) } : {}),
    };
  }

  get decodeBytes(): number {
    return this.#cost(this.#isOdd).bytes;
  }

  /** @throws ServiceError RESOURCE_EXHAUSTED (IMAGE_TOO_LARGE) when decoding takes more than it may. */
  checkCost(isWhole = this.#isOdd): void {
    const { bytes, because } = this.#cost(isWhole);
    const { maxDecodeBytes = bytes } = this.#opened.limits;
    if (bytes <= maxDecodeBytes) return;
    const MiB = (amount: number) => `${Math.ceil(amount / 1024 / 1024)} MiB`;
    throw imageTooLarge(
      `Decoding the picture would take ${MiB(bytes)} at once, since ${because}; at most ${MiB(maxDecodeBytes)} are allowed. Send a smaller one, or another format.`,
    );
  }

  async pixels({ crop, size, keepsAlpha = false }: PixelOptions = {}): Promise<Pixels> {
    if (crop) checkCrop(crop, this);
    const { orientation } = this.reading;
    let picture = await this.#source();
    if (crop) {
      // Rows are read in the order in which they are stored: turning first would hold all of them.
      const { x: left, y: top, width, height } = storedRegion(crop, orientation, this.width, this.height);
      picture = picture.extract({ left, top, width, height });
    }
    if (size) {
      const [width, height] = isTurned(orientation) ? [size.height, size.width] : [size.width, size.height];
      // Triangle filter with its support scaled when shrinking: PIL's antialiased bilinear, which SAM was trained with.
      picture = picture.resize(width, height, { fit: "fill", kernel: "linear" });
    }
    picture = keepsAlpha ? picture.ensureAlpha() : picture.flatten({ background: "#ffffff" });
    const { data, info } = await this.#read(picture.toColourspace("srgb").raw({ depth: "uchar" }));
    if (info.channels < 3) throw new Error(`sharp gave ${info.channels} channels for sRGB`);
    return turnUpright({ data, width: info.width, height: info.height, channels: info.channels }, orientation);
  }

  /** Of a kind that sharp would not bring into bytes of sRGB in the right way. */
  get #isOdd(): boolean {
    return this.#bands !== undefined || !["uchar", "ushort"].includes(this.#depth);
  }

  #cost(isWhole: boolean): DecodeCost {
    return decodeCost(this.#opened.format, this.#opened.header, isWhole);
  }

  /** The stored picture, of which colours and range are right. */
  async #source(): Promise<Sharp> {
    if (!this.#converted && (this.#isOdd || (await this.#isDark()))) {
      this.checkCost(true);
      this.#converted = this.#convert();
    }
    return this.#converted
      ? (await this.#converted).clone()
      : openImage(this.#opened.bytes, { page: this.#opened.page });
  }

  /** Sixteen bits that may not be used: looked at in a smaller copy first, since most of them are. */
  async #isDark(): Promise<boolean> {
    const { header } = this.#opened;
    if (this.#depth !== "ushort" || !isLight(header)) return false;
    const copy = this.#plain().resize(1024, 1024, { fit: "inside", withoutEnlargement: true, kernel: "linear" });
    const { samples, channels } = await this.#samples(copy);
    return rangeOf(samples, "ushort", channels, this.#roles(channels).colours).high < 0xffff;
  }

  /** Decoded as a whole, its bands chosen and its values mapped to bytes. */
  async #convert(): Promise<Sharp> {
    const { header } = this.#opened;
    const { samples, channels } = await this.#samples(this.#plain());
    const { colours, alpha } = this.#roles(channels);
    const range = rangeOf(samples, this.#depth, channels, colours);
    if (!isFull(range, this.#depth)) this.reading.range = range;
    const bytes = toBytes(
      samples,
      channels,
      range,
      colours,
      alpha === undefined ? undefined : { band: alpha, high: opaque[this.#depth] },
    );
    const made = (colours.length + (alpha === undefined ? 0 : 1)) as 1 | 2 | 3 | 4;
    return openPixels(bytes, header.width, header.height, made);
  }

  /** The values as they are in the file. */
  #plain(): Sharp {
    const { bytes, header, page, pages } = this.#opened;
    const main = pages[page];
    // sharp takes 16 bits for unsigned, and makes 0 of what is below.
    const file = this.#depth === "short" && main ? asUnsigned(bytes, main) : bytes;
    // A profile speaks of the type's full range. To the space that it has: nothing is converted.
    return openImage(file, { page, ignoreIcc: true }).toColourspace(header.space ?? "srgb");
  }

  async #samples(picture: Sharp): Promise<{ samples: Samples; channels: number }> {
    const { data, info } = await this.#read(picture.raw({ depth: this.#depth === "short" ? "ushort" : this.#depth }));
    const Values = sampleArrays[this.#depth];
    const samples = new Values(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / Values.BYTES_PER_ELEMENT);
    return { samples, channels: info.channels };
  }

  /** Which bands are colours, and which is alpha. */
  #roles(channels: number): { colours: number[]; alpha: number | undefined } {
    const used = this.#bands ?? Array.from({ length: channels }, (_, band) => band);
    const colourCount = used.length < 3 ? 1 : 3;
    return { colours: used.slice(0, colourCount), alpha: used[colourCount] };
  }

  #read(picture: Sharp) {
    return picture.toBuffer({ resolveWithObject: true }).catch((cause: unknown) => {
      throw meaningOf(cause, this.#opened.format, "pixels");
    });
  }
}

/** Grey or RGB, in which more is brighter. */
const isLight = ({ space }: Metadata) => !["cmyk", "lab", "labs", "labq", "xyz", "yxy", "lch"].includes(space ?? "");

const isFull = ({ low, high }: ValueRange, depth: Depth) => low === 0 && high === opaque[depth] && depth !== "float";
