import type { GraphTensor } from "../families/family.js";
import type { WordNumbers } from "./read-tokenizer.js";

interface RowOptions {
  /** Numbers of a row; what a text has beyond that is left out, but for its end. */
  readonly length: number;
  /** Tokens around a text. */
  readonly start: string;
  readonly end: string;
  /** What fills a row behind that. */
  readonly pad: number;
}

/** Texts -> a text model's rows: int64 [texts, length], and which of a row's are the text's own. */
export function textRows(texts: readonly string[], words: WordNumbers, options: RowOptions) {
  const { length, start, end, pad } = options;
  const ids = new BigInt64Array(texts.length * length).fill(BigInt(pad));
  const mask = new BigInt64Array(texts.length * length);
  for (const [row, text] of texts.entries()) {
    const own = words.of(text).slice(0, length - 2);
    const all = [words.token(start), ...own, words.token(end)];
    ids.set(all.map(BigInt), row * length);
    mask.fill(1n, row * length, row * length + all.length);
  }
  const dims = [texts.length, length];
  return { ids: int64(ids, dims), mask: int64(mask, dims) };
}

export const int64 = (data: BigInt64Array, dims: readonly number[]): GraphTensor => ({ type: "int64", data, dims });
export const float32 = (data: Float32Array, dims: readonly number[]): GraphTensor => ({ type: "float32", data, dims });
