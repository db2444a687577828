import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { listLimits, maxDepth, mostFieldsOf } from "../../proto/index.js";

/** JSON that is no message that is taken. Its text is part of a sentence. */
export class JsonMessageError extends Error {
  override readonly name = "JsonMessageError";
}

export const notJson = (cause: unknown) => new JsonMessageError("it is no JSON, or no UTF-8", { cause });

/** Objects, lists and what separates their entries. */
const mostPartsOf = (schema: DescMessage) => 2 * mostFieldsOf(schema);
/** Lists and objects within each other: JSON has a list around repeated messages. */
const maxNesting = 2 * maxDepth;
/** Of one object: no message has as many fields, and no map as many entries. More make the engine's own table of them slow and large. */
export const mostMembers = 256;
/** Of the library's reason, which may repeat a value of any length. */
const longestReason = 200;

/**
 * A message from its protobuf JSON. Of a list no more is kept than one entry over its limit, as of a message in binary.
 * @throws JsonMessageError saying what of it is none.
 */
export function readJsonMessage<S extends DescMessage>(schema: S, text: string): MessageShape<S> {
  checkParts(text, mostPartsOf(schema));
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    // The engine's own words repeat what stands there.
    throw notJson(cause);
  }
  prune(schema, value);
  try {
    return fromJson(schema, value);
  } catch (cause) {
    const why =
      cause instanceof Error && cause.message.startsWith("cannot decode ") ? cause.message : "it has no such form";
    throw new JsonMessageError(why.length > longestReason ? `${why.slice(0, longestReason)}…` : why, { cause });
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const brace = 0x7b;

/** Before anything is made of it: a megabyte of empty objects would take forty. */
function checkParts(text: string, maxParts: number): void {
  let parts = 0;
  let depth = 0;
  /** Commas on each depth; of a list they do not count. */
  const commas: number[] = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === comma) {
      parts++;
      if (++commas[depth]! >= mostMembers)
        throw new JsonMessageError("it has an object with more fields than any message");
      // [ and {, ] and }
    } else if (code === 0x5b || code === brace) {
      parts++;
      depth++;
      commas[depth] = code === brace ? 0 : Number.NEGATIVE_INFINITY;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
    if (parts > maxParts) throw new JsonMessageError("it has more parts than any message needs");
    if (depth > maxNesting) throw new JsonMessageError("it is nested deeper than any message");
  }
}

/** Where the string that begins there ends; the text's end for one that never does. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** Cuts lists that are over their limits. */
function prune(desc: DescMessage, value: JsonValue): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const field of desc.fields) {
    const given = value[field.jsonName] ?? value[field.name];
    if (Array.isArray(given)) {
      const limit = listLimits[`${desc.typeName}.${field.name}`];
      if (limit !== undefined && given.length > limit + 1) given.length = limit + 1;
      if (field.message) for (const one of given) prune(field.message, one);
    } else if (field.message && given !== undefined) {
      prune(field.message, given);
    }
  }
}
