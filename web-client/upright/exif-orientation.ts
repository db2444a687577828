const orientationTag = 0x0112;
const entryBytes = 12;

/** Integers of TIFF 6.0, section 2, by their type: bytes each, signs left aside. */
const integerBytes: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4 };

export interface ExifOrientation {
  /** 1 to 8 (EXIF 2.32, 4.6.4); 1 where it says something else. */
  readonly orientation: number;
  /** Written as the standard has it: one SHORT. Readers differ about anything else. */
  readonly isPlain: boolean;
}

/**
 * What an EXIF block says of the picture's orientation, read as libexif reads it, which the service uses: any integer type
 * will do, of several the first counts, a directory may be cut short. Undefined where it says nothing.
 * @param block from its TIFF header on.
 */
export function exifOrientation(block: DataView): ExifOrientation | undefined {
  if (block.byteLength < 8) return undefined;
  const order = block.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const isLittle = order === 0x4949;
  if (block.getUint16(2, isLittle) !== 42) return undefined;
  const directory = block.getUint32(4, isLittle);
  if (directory + 2 > block.byteLength) return undefined;
  const first = directory + 2;
  const room = Math.floor((block.byteLength - first) / entryBytes);
  const count = Math.min(block.getUint16(directory, isLittle), room);
  for (let at = first; at < first + count * entryBytes; at += entryBytes) {
    if (block.getUint16(at, isLittle) !== orientationTag) continue;
    const type = block.getUint16(at + 2, isLittle);
    const values = block.getUint32(at + 4, isLittle);
    const bytes = integerBytes[type];
    if (values === 0) continue;
    if (bytes === undefined) return { orientation: 1, isPlain: false };
    const where = bytes * values > 4 ? block.getUint32(at + 8, isLittle) : at + 8;
    if (where + bytes * values > block.byteLength) continue;
    const value = readInteger(block, where, bytes, isLittle);
    return { orientation: value >= 1 && value <= 8 ? value : 1, isPlain: type === 3 && values === 1 };
  }
  return undefined;
}

function readInteger(block: DataView, at: number, bytes: 1 | 2 | 4, isLittle: boolean): number {
  if (bytes === 1) return block.getUint8(at);
  // A long one is cut down to the sixteen bits that the tag has.
  return bytes === 2 ? block.getUint16(at, isLittle) : block.getUint32(at, isLittle) & 0xffff;
}
