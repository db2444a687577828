/** How a file's pixels became the picture that is encoded: what of it was taken, and what was done to it. */
export interface PictureReading {
  /** EXIF's orientation, 1 to 8, that was applied to turn the picture upright; 1 leaves it as it is stored. */
  orientation: number;
  /** The page or frame that was taken, from 1. */
  page: number;
  pages: number;
  /** Bands of a pixel that were used, from 1, when others were left out; an alpha band comes last. */
  bands?: number[] | undefined;
  /** Values that became black and white, when the picture was stretched. */
  range?: { low: number; high: number } | undefined;
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

/** True for what was written as a reading, of a record that may be anybody's. */
export function isPictureReading(value: unknown): value is PictureReading {
  if (typeof value !== "object" || value === null) return false;
  const { orientation, page, pages, bands, range } = value as Record<string, unknown>;
  return (
    [orientation, page, pages].every(isCount) &&
    (orientation as number) <= 8 &&
    (bands === undefined || (Array.isArray(bands) && bands.length <= 4 && bands.every(isCount))) &&
    (range === undefined || isRange(range))
  );
}

function isRange(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { low, high } = value as Record<string, unknown>;
  return Number.isFinite(low) && Number.isFinite(high);
}

/** The same for a person: a few words for each thing that was left out or changed; none for an ordinary file. */
export function readingNotes({ orientation, page, pages, bands, range }: PictureReading): string[] {
  const value = (number: number) => String(Number(number.toPrecision(6)));
  return [
    ...(pages > 1 ? [`page ${page} of ${pages}`] : []),
    ...(orientation > 1 ? [`turned upright (EXIF orientation ${orientation})`] : []),
    ...(bands && bands.length > 0 ? [`bands ${bands.join(", ")} of the file, the others left out`] : []),
    ...(range ? [`values stretched: ${value(range.low)} is black, ${value(range.high)} white`] : []),
  ];
}
