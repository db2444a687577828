/** What a page of a TIFF says of itself, as far as it matters for reading it. */
export interface TiffPage {
  /** A smaller copy of another page, or a mask. */
  isSecondary: boolean;
  bitsPerSample: number;
  samplesPerPixel: number;
  /** TIFF 6.0, SampleFormat: 1 unsigned, 2 signed, 3 floating point, 5 and 6 complex. */
  sampleFormat: number;
  /** Where that stands in the file: 16-bit numbers, one a sample. */
  sampleFormatAt: { places: number[]; little: boolean };
  photometric: number;
  /** One a sample over the colours: 1 and 2 are alpha, everything else is anything. */
  extraSamples: number[];
}

const tags = {
  newSubfileType: 254,
  subfileType: 255,
  bitsPerSample: 258,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** More pages than anybody looks at; a chain that bites its own tail ends here, too. */
const mostPages = 4096;
/** Longer lists than a pixel has samples are not read to their end. */
const mostValues = 64;

/**
 * The pages of a TIFF (6.0) or BigTIFF, in their order. Only the main chain of directories counts, as in libtiff.
 * @returns as many pages as can be read; what is damaged ends the list.
 */
export function tiffPages(bytes: Uint8Array): TiffPage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pages: TiffPage[] = [];
  try {
    const little = view.getUint16(0) === 0x4949;
    const isBig = view.getUint16(2, little) === 43;
    const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
    const [countBytes, entryBytes, placeBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
    const seen = new Set<number>();
    let at = offset(isBig ? 8 : 4);
    while (at !== 0 && !seen.has(at) && pages.length < mostPages) {
      seen.add(at);
      const count = isBig ? offset(at) : view.getUint16(at, little);
      const first = at + countBytes;
      const found = new Map<number, number[]>();
      const sampleFormatAt = { places: [] as number[], little };
      for (let entry = first; entry < first + count * entryBytes; entry += entryBytes) {
        const tag = view.getUint16(entry, little);
        if (!isWanted(tag)) continue;
        const { places, read } = values(entry);
        if (tag === tags.sampleFormat) sampleFormatAt.places = places;
        found.set(tag, places.map(read));
      }
      pages.push(pageOf(found, sampleFormatAt));
      at = offset(first + count * entryBytes);
    }

    function values(entry: number): { places: number[]; read: (place: number) => number } {
      const type = view.getUint16(entry + 2, little);
      const bytesEach = { 1: 1, 3: 2, 4: 4 }[type];
      if (bytesEach === undefined) return { places: [], read: () => 0 };
      const length = offset(entry + 4);
      const place = entry + 4 + placeBytes;
      const from = length * bytesEach <= placeBytes ? place : offset(place);
      const places = Array.from({ length: Math.min(length, mostValues) }, (_, index) => from + index * bytesEach);
      if (bytesEach === 1) return { places, read: (value) => view.getUint8(value) };
      const read = (value: number) => (bytesEach === 2 ? view.getUint16(value, little) : view.getUint32(value, little));
      return { places, read };
    }
  } catch (error) {
    // Beyond the end of the file: what follows is for libtiff to judge.
    if (!(error instanceof RangeError)) throw error;
  }
  return pages;
}

const isWanted = (tag: number) => Object.values<number>(tags).includes(tag);

function pageOf(found: Map<number, number[]>, sampleFormatAt: TiffPage["sampleFormatAt"]): TiffPage {
  const one = (tag: number, otherwise: number) => found.get(tag)?.[0] ?? otherwise;
  const kind = one(tags.newSubfileType, 0);
  return {
    // Bit 0: reduced in resolution; bit 2: a mask. The old tag says 2 for reduced.
    isSecondary: (kind & 0b101) !== 0 || one(tags.subfileType, 1) === 2,
    bitsPerSample: one(tags.bitsPerSample, 1),
    samplesPerPixel: one(tags.samplesPerPixel, 1),
    sampleFormat: one(tags.sampleFormat, 1),
    sampleFormatAt,
    photometric: one(tags.photometric, 1),
    extraSamples: found.get(tags.extraSamples) ?? [],
  };
}

/** A copy of the file that calls the page's samples unsigned: the same bits, for who takes them for signed himself. */
export function asUnsigned(bytes: Uint8Array, { sampleFormatAt: { places, little } }: TiffPage): Uint8Array {
  const copy = bytes.slice();
  for (const place of places) copy.set(little ? [1, 0] : [0, 1], place);
  return copy;
}

/** Which page to take, from 0: the first in full resolution; the first one if none is. */
export function mainPage(pages: readonly TiffPage[]): number {
  return Math.max(
    0,
    pages.findIndex(({ isSecondary }) => !isSecondary),
  );
}

/** Samples that are a colour, by PhotometricInterpretation: grey, RGB, palette, CMYK, YCbCr and the kinds of Lab. */
const colours: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3, 10: 3 };

/**
 * The bands of a page that make a picture, from 0: its colours, then its alpha where the file says that it has one.
 * @returns undefined when that is all of them, or nothing is known of such a page.
 */
export function usedBands({ photometric, samplesPerPixel, extraSamples }: TiffPage): number[] | undefined {
  const colourCount = colours[photometric];
  if (colourCount === undefined || samplesPerPixel <= colourCount) return undefined;
  const alpha = extraSamples.findIndex((kind) => kind === 1 || kind === 2);
  const bands = Array.from({ length: colourCount }, (_, band) => band);
  if (alpha >= 0 && colourCount + alpha < samplesPerPixel) bands.push(colourCount + alpha);
  return bands.length === samplesPerPixel ? undefined : bands;
}
