import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { FastifyRequest } from "fastify";
import { holderOf } from "../../services/runtime/limits/shares.js";
import type { AskCall } from "../ask/answer.js";
import type { JsonReader } from "../json/json-reader.js";
import { bodyOf } from "./body-of.js";

/** The message in a request's body (H15, H27). @throws as the reader. */
export function jsonBody<S extends DescMessage>(
  reader: JsonReader,
  schema: S,
  request: FastifyRequest,
  { origin = {}, signal }: Pick<AskCall, "origin" | "signal">,
): Promise<MessageShape<S>> {
  const bytes = bodyOf(request);
  // It is kept once, whoever reads it.
  request.body = undefined;
  return reader.read(schema, bytes, "body", { who: holderOf(origin), signal });
}
