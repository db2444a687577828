import { Code, ServiceError } from "../../services/runtime/errors.js";

/** What one part of JSON takes at most as it is parsed: an object of one field, a string of some letters, a number, an entry of a list. */
const partBytes = 120;
/** What a thread takes for the first body, however small. */
const leastBytes = 4 * 1024 * 1024;
/** As bytes, as text, as a part of the message and as the message's own bytes. */
const timesOfAscii = 4;
/** Text and parts of it take two bytes a letter where one letter of them needs it. */
const timesOfAny = 6;

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

/**
 * The most bytes of memory that reading such a body takes, whatever it says: V8's own limit does not hold while it parses. A bound and no
 * measure: a test holds it against what bodies of all kinds take.
 * @param json UTF-8, not looked at yet. @returns bytes.
 */
export function mostMemoryOf(json: Uint8Array): number {
  let parts = 1;
  let isInString = false;
  let isWide = false;
  for (let at = 0; at < json.length; at++) {
    const code = json[at] as number;
    if (code >= 0x80) isWide = true;
    if (code === quote) isInString = !isInString;
    else if (code === backslash) {
      at++;
      if (json[at] === letterU) isWide = true;
    } else if (!isInString && isPart(code)) parts++;
  }
  return leastBytes + json.length * (isWide ? timesOfAny : timesOfAscii) + parts * partBytes;
}

/** What begins a value: `[`, `{`, `,` and `:`. */
const isPart = (code: number) => code === 0x5b || code === 0x7b || code === 0x2c || code === 0x3a;

/** Nothing says when to repeat it: it would be refused again. */
export const tooMuch = (of: "memory" | "time") =>
  new ServiceError({
    code: Code.RESOURCE_EXHAUSTED,
    message: `The body takes more ${of} to read than there is; send it in parts.`,
  });

/** Before anything is made of it. @throws ServiceError RESOURCE_EXHAUSTED when reading it could take more than that. */
export function checkMemory(json: Uint8Array, limitBytes: number): void {
  if (mostMemoryOf(json) > limitBytes) throw tooMuch("memory");
}
