/** Which cells of a grid of logits are inside a mask, a bit each, so that what is all of one sign is skipped by words. */

/** Bits of 32 rows of one column a word: `bits[word * gridSize + column]`, the uppermost row lowest. */
interface GridSigns {
  readonly gridSize: number;
  /** Words a column. */
  readonly words: number;
  readonly bits: Int32Array;
}

/** The rows of the grid as a strip between two node columns sees them, a bit for each row and the one below it. */
export interface Strip {
  /** Set where all that the strip reads of both rows is outside. */
  readonly outside: Int32Array;
  /** Set where all of it is inside. */
  readonly inside: Int32Array;
  /** Nothing that the strip reads is inside. */
  isEmpty: boolean;
}

/**
 * Where the logits are above the threshold.
 * @param logits float32 [gridSize, gridSize], row by row. @throws RangeError when one is not finite.
 */
export function gridSigns(logits: Float32Array, gridSize: number, threshold: number): GridSigns {
  const words = (gridSize + 31) >> 5;
  const bits = new Int32Array(words * gridSize);
  // 0 as long as all are finite: NaN and the infinities times 0 are NaN.
  let poison = 0;
  const above = (logit: number) => Number(logit > threshold);
  let y = 0;
  // Eight rows at once: a word of bits is read and written once for them. A number instead of a branch: near the edge a
  // branch is a coin's toss.
  for (; y + 8 <= gridSize; y += 8) {
    const to = (y >> 5) * gridSize;
    for (let x = 0, at = y * gridSize; x < gridSize; x++, at++) {
      const a = logits[at]!;
      const b = logits[at + gridSize]!;
      const c = logits[at + 2 * gridSize]!;
      const d = logits[at + 3 * gridSize]!;
      const e = logits[at + 4 * gridSize]!;
      const f = logits[at + 5 * gridSize]!;
      const g = logits[at + 6 * gridSize]!;
      const h = logits[at + 7 * gridSize]!;
      poison += (a + b + c + d + e + f + g + h) * 0;
      const upper = above(a) | (above(b) << 1) | (above(c) << 2) | (above(d) << 3);
      const lower = above(e) | (above(f) << 1) | (above(g) << 2) | (above(h) << 3);
      bits[to + x] = bits[to + x]! | ((upper | (lower << 4)) << (y & 31));
    }
  }
  for (; y < gridSize; y++) {
    const to = (y >> 5) * gridSize;
    for (let x = 0, at = y * gridSize; x < gridSize; x++, at++) {
      const logit = logits[at]!;
      poison += logit * 0;
      bits[to + x] = bits[to + x]! | (above(logit) << (y & 31));
    }
  }
  if (poison !== 0) throw new RangeError("The mask logits hold a value that is not finite.");
  return { gridSize, words, bits };
}

/** What lies between two neighbouring node columns, each of which reads the grid column given and the next. */
export function stripBetween({ gridSize, words, bits }: GridSigns, left: number, right: number, strip: Strip): void {
  let any = 0;
  // From the bottom up: each word needs the first row of the one below it, which ends outside and inside alike.
  let nextAny = 0;
  let nextAll = -1;
  for (let word = words - 1; word >= 0; word--) {
    const at = word * gridSize;
    const [a, b] = [bits[at + left]!, bits[at + left + 1]!];
    const [c, d] = [bits[at + right]!, bits[at + right + 1]!];
    const some = a | b | c | d;
    const all = a & b & c & d;
    strip.outside[word] = ~(some | (some >>> 1) | (nextAny << 31));
    strip.inside[word] = all & ((all >>> 1) | (nextAll << 31));
    nextAny = some;
    nextAll = all;
    any |= some;
  }
  strip.isEmpty = any === 0;
}

/** The first bit from `from` on that is not set; past the last word when all are. */
export function firstUnset(words: Int32Array, from: number): number {
  let word = from >> 5;
  let unset = ~words[word]! & (-1 << (from & 31));
  while (unset === 0) {
    word++;
    if (word === words.length) return word << 5;
    unset = ~words[word]!;
  }
  return (word << 5) + 31 - Math.clz32(unset & -unset);
}
