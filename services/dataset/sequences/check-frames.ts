import { invalidArgument } from "../../runtime/errors.js";

/** Pictures in their order, as a request names them. */
interface FrameLists {
  readonly pictures: readonly bigint[];
  readonly numbers: readonly number[];
  readonly timesMs: readonly number[];
}

/** A picture, and where it is to be. */
export interface WantedFrame {
  readonly picture: bigint;
  /** Undefined: behind those that are there. */
  readonly number: number | undefined;
  readonly timeMs: number | undefined;
}

/** Frames a second: more is no video's. */
export const fastest = 100_000;

/** As the table has room for. */
const largestNumber = 2 ** 31 - 1;

/** @throws ServiceError INVALID_ARGUMENT for lists that fit no video. */
export function checkFrames({ pictures, numbers, timesMs }: FrameLists): WantedFrame[] {
  for (const [name, list] of [
    ["numbers", numbers],
    ["times_ms", timesMs],
  ] as const) {
    if (list.length !== 0 && list.length !== pictures.length)
      throw invalidArgument(`\`${name}\` has ${list.length} entries, and there are ${pictures.length} pictures.`);
  }
  const seen = new Set<bigint>();
  const twice = pictures.find((picture) => seen.size === seen.add(picture).size);
  if (twice !== undefined) {
    throw invalidArgument(
      `The picture ${twice} is there twice: a picture has one place. Add the file once more, under another name.`,
    );
  }
  checkRising(numbers);
  const falls = timesMs.findIndex((time, at) => at > 0 && time < (timesMs[at - 1] ?? 0));
  if (falls > 0) throw invalidArgument(`\`times_ms\` falls from ${timesMs[falls - 1]} to ${timesMs[falls]}.`);
  return pictures.map((picture, at) => ({ picture, number: numbers[at], timeMs: timesMs[at] }));
}

/** @throws ServiceError INVALID_ARGUMENT for what is no frame's. */
export function checkNumber(number: number): void {
  if (Number.isInteger(number) && number >= 0 && number <= largestNumber) return;
  throw invalidArgument(`A frame's number is whole, from 0 to at most ${largestNumber}; ${number} is not.`);
}

function checkRising(numbers: readonly number[]): void {
  for (const [at, number] of numbers.entries()) {
    checkNumber(number);
    const before = numbers[at - 1];
    if (before !== undefined && number <= before)
      throw invalidArgument(`\`numbers\` has to rise, and has ${number} behind ${before}.`);
  }
}
