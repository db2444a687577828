import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { invalidArgument } from "../services/runtime/errors.js";

/** Of what the parser says: the rest would repeat what was sent. */
const mostDetail = 200;

/**
 * A message in protobuf JSON, of a request's body as of a frame; a byte order mark before it is none of it.
 * @param what the body or the frame, as its sender knows it.
 * @throws ServiceError INVALID_ARGUMENT saying what of it is not one.
 */
export function readJson<S extends DescMessage>(schema: S, bytes: Uint8Array, what: string): MessageShape<S> {
  const refuse = (why: string) => invalidArgument(`The ${what} is not a ${schema.name} in protobuf JSON: ${why}.`);
  let value: JsonValue;
  try {
    // Drops the mark, and tells bytes that are no text.
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as JsonValue;
  } catch {
    throw refuse("it is no JSON, or no UTF-8");
  }
  try {
    return fromJson(schema, value);
  } catch (cause) {
    throw refuse(isOfTheEngine(cause) ? "it cannot be read" : detailOf(cause as Error));
  }
}

const detailOf = ({ message }: Error) => message.slice(0, mostDetail).replace(/\.$/, "");

/** What the engine says is about this code, and nothing that its sender could act on. */
function isOfTheEngine(cause: unknown): boolean {
  return !(cause instanceof Error) || cause instanceof RangeError || cause instanceof TypeError;
}
