import { type DescMessage, fromJsonString, type MessageShape } from "@bufbuild/protobuf";
import { invalidArgument } from "../services/runtime/errors.js";

/** Of what the parser says: the rest would repeat what was sent. */
const mostDetail = 200;

/**
 * A message in protobuf JSON, of a request's body as of a frame; a byte order mark before it is none of it.
 * @param what the body or the frame, as its sender knows it.
 * @throws ServiceError INVALID_ARGUMENT saying what of it is not one.
 */
export function readJson<S extends DescMessage>(schema: S, bytes: Uint8Array, what: string): MessageShape<S> {
  try {
    // Drops the mark, and tells bytes that are no text.
    return fromJsonString(schema, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const detail = cause instanceof Error ? `: ${cause.message.slice(0, mostDetail).replace(/\.$/, "")}` : "";
    throw invalidArgument(`The ${what} is not a ${schema.name} in protobuf JSON${detail}.`);
  }
}
