import { type ExifOrientation, exifOrientation } from "./exif-orientation.js";

/** A stretch of a file with what takes its place. */
interface Replacement {
  readonly at: number;
  readonly length: number;
  readonly by: string;
}

/** What a picture file notes about the way it is to be turned. */
export interface OrientationNote {
  /** 1 to 8 (EXIF 2.32, 4.6.4), by which the service turns the picture. */
  readonly orientation: number;
  /** Every browser reads the note, and as the service does. */
  readonly isSurelyRead: boolean;
  /** What makes a file of this one that notes nothing, in the file's order. */
  readonly hiding: readonly Replacement[];
}

/**
 * Reads the note as the service does. Browsers differ: some turn a WebP or a PNG and others do not, and an unusual note of a
 * JPEG is read by some. Undefined where there is none, and for formats that every browser turns as the service does.
 */
export function orientationNote(file: Uint8Array): OrientationNote | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (isAt(view, 0, "\xff\xd8\xff")) return ofJpeg(view);
  if (isAt(view, 0, "\x89PNG\r\n\x1a\n")) return ofPng(view);
  if (isAt(view, 0, "RIFF") && isAt(view, 8, "WEBP")) return ofWebp(view);
  return undefined;
}

const exifHeader = "Exif\0\0";

/** The first application segment that is called Exif counts, even where its name is damaged. */
function ofJpeg(view: DataView): OrientationNote | undefined {
  const hiding: Replacement[] = [];
  let said: ExifOrientation | undefined;
  for (let at = 2; at + 4 <= view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    // A marker may be filled up from the left.
    if (marker === 0xff) {
      at++;
      continue;
    }
    // The scan or the picture's end: no reader looks for it behind them.
    if (marker === 0xda || marker === 0xd9) break;
    const length = 2 + view.getUint16(at + 2);
    if (marker === 0xe1 && isAt(view, at + 4, "Exif")) {
      const isFirst = hiding.length === 0;
      if (isFirst && isAt(view, at + 4, exifHeader)) said = exifOrientation(part(view, at + 10, at + length));
      hiding.push({ at, length, by: "" });
    }
    at += length;
  }
  return noteOf(said, hiding, hiding.length === 1 && said?.isPlain === true);
}

/** The first chunk `eXIf` before the picture's data (PNG 3, 11.3.3.4). */
function ofPng(view: DataView): OrientationNote | undefined {
  const hiding: Replacement[] = [];
  let said: ExifOrientation | undefined;
  let isBeforeData = true;
  for (let at = 8; at + 12 <= view.byteLength; ) {
    const length = view.getUint32(at);
    if (isAt(view, at + 4, "IDAT")) isBeforeData = false;
    if (isAt(view, at + 4, "eXIf")) {
      if (isBeforeData && hiding.length === 0) said = exifOrientation(part(view, at + 8, at + 8 + length));
      hiding.push({ at, length: 12 + length, by: "" });
    }
    at += 12 + length;
  }
  return noteOf(said, hiding, false);
}

/** The first chunk `EXIF`, where the header announces one (WebP container, 2.7). */
function ofWebp(view: DataView): OrientationNote | undefined {
  const hiding: Replacement[] = [];
  let said: ExifOrientation | undefined;
  const isAnnounced = isAt(view, 12, "VP8X") && view.byteLength > 20 && (view.getUint8(20) & 0x08) !== 0;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const length = view.getUint32(at + 4, true);
    if (isAt(view, at, "EXIF")) {
      const start = at + 8 + (isAt(view, at + 8, exifHeader) ? exifHeader.length : 0);
      if (isAnnounced && hiding.length === 0) said = exifOrientation(part(view, start, at + 8 + length));
      // Another name: without the chunk every length before it would be wrong.
      hiding.push({ at, length: 4, by: "none" });
    }
    // Chunks begin at even places.
    at += 8 + length + (length % 2);
  }
  return noteOf(said, hiding, false);
}

function noteOf(
  said: ExifOrientation | undefined,
  hiding: Replacement[],
  isSurelyRead: boolean,
): OrientationNote | undefined {
  return hiding.length === 0 ? undefined : { orientation: said?.orientation ?? 1, isSurelyRead, hiding };
}

function part(view: DataView, from: number, to: number): DataView {
  const start = Math.min(from, view.byteLength);
  const end = Math.max(start, Math.min(to, view.byteLength));
  return new DataView(view.buffer, view.byteOffset + start, end - start);
}

function isAt(view: DataView, at: number, text: string): boolean {
  if (at + text.length > view.byteLength) return false;
  for (let i = 0; i < text.length; i++) if (view.getUint8(at + i) !== text.charCodeAt(i)) return false;
  return true;
}
