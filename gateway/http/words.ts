import type { FastifyInstance } from "fastify";
import { type ListDetectorsResponse, ListDetectorsResponseSchema } from "../../proto/index.js";
import { isInternal } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { Ask } from "../ask/ask.js";
import { writeJsonMessage } from "../json/write-json-message.js";
import { callOf } from "./call-of.js";

interface WordsRoute {
  ask: Pick<Ask, "listDetectors">;
}

/** `GET /v1/words` (G4). */
export async function wordsRoute(app: FastifyInstance, { ask }: WordsRoute): Promise<void> {
  const describes = {
    summary: "What can be found by words, and by which detectors",
    gives: { message: ListDetectorsResponseSchema },
  };
  const texts = new WeakMap<ListDetectorsResponse, Buffer>();
  const textOf = (detectors: ListDetectorsResponse) => {
    const text =
      texts.get(detectors) ?? Buffer.from(JSON.stringify(writeJsonMessage(ListDetectorsResponseSchema, detectors)));
    texts.set(detectors, text);
    return text;
  };
  app.get("/v1/words", { config: { describes } }, async (request, reply) => {
    try {
      const detectors = await ask.listDetectors({}, callOf(request, reply));
      // A detector may be installed at any time.
      const text = textOf(detectors);
      return reply.header("cache-control", "no-cache").type("application/json; charset=utf-8").send(text);
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return replyError(reply, error);
    }
  });
}
