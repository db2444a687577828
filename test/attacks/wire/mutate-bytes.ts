import type { Random } from "../../simulation/random.js";

/** Bytes that parsers stumble over more often than over others. */
const odd = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x0a, 0x22];

/** A few changes somewhere: flipped bits, odd bytes, pieces cut out, doubled or moved, an end cut off or added. */
export function mutateBytes(bytes: Uint8Array, random: Random, most = 6): Uint8Array {
  let changed = Buffer.from(bytes);
  for (let left = 1 + random.below(most); left > 0 && changed.length > 0; left--) changed = mutateOnce(changed, random);
  return changed;
}

function mutateOnce(bytes: Buffer<ArrayBuffer>, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length);
  const length = 1 + random.below(Math.min(64, bytes.length));
  const piece = bytes.subarray(at, at + length);
  switch (random.below(8)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = odd[random.below(odd.length)] as number;
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), randomBytes(random, length), bytes.subarray(at)]);
    case 5:
      return Buffer.from(bytes.subarray(0, at));
    case 6:
      return Buffer.concat([bytes, randomBytes(random, length)]);
    default: {
      // A number somewhere becomes a great one.
      bytes.fill(random.below(2) === 0 ? 0xff : 0x7f, at, Math.min(bytes.length, at + 1 + random.below(4)));
      return bytes;
    }
  }
}

export function randomBytes(random: Random, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = random.below(256);
  return bytes;
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}
