/** CRC-32 as in zlib, eight bytes at a time by tables (M. Kounavis and F. Berry, "slicing-by-8"): 2 MiB take about 3 ms. */

const polynomial = 0xedb8_8320;
const slices = 8;
const tables = makeTables();

/** @param before the checksum of the bytes before these. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.byteLength - (bytes.byteLength % slices);
  let crc = ~before;
  for (let at = 0; at < whole; at += slices) {
    const low = view.getUint32(at, true) ^ crc;
    const high = view.getUint32(at + 4, true);
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[high & 0xff]! ^
      t2[(high >>> 8) & 0xff]! ^
      t1[(high >>> 16) & 0xff]! ^
      t0[high >>> 24]!;
  }
  for (let at = whole; at < bytes.byteLength; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

function makeTables(): Uint32Array[] {
  const made = Array.from({ length: slices }, () => new Uint32Array(256));
  const [first] = made as [Uint32Array];
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    first[byte] = crc;
  }
  for (let slice = 1; slice < slices; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const crc = made[slice - 1]![byte]!;
      made[slice]![byte] = (crc >>> 8) ^ first[crc & 0xff]!;
    }
  }
  return made;
}
