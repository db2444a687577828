import { create } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import { ListModelsResponseSchema } from "../../proto/index.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { Ask } from "../ask/ask.js";
import { writeJsonMessage } from "../json/write-json-message.js";
import { callOf } from "./call-of.js";

interface ModelsRoute {
  ask: Pick<Ask, "listModels">;
}

/** `GET /v1/models` (N8). */
export async function modelsRoute(app: FastifyInstance, { ask }: ModelsRoute): Promise<void> {
  const describes = {
    summary: "The models that are served, the usual one first, and what each can be asked",
    gives: { message: ListModelsResponseSchema },
  };
  app.get("/v1/models", { config: { describes } }, async (request, reply) => {
    try {
      const models = await ask.listModels({}, callOf(request, reply));
      return reply
        .header("cache-control", "no-cache")
        .send(writeJsonMessage(ListModelsResponseSchema, create(ListModelsResponseSchema, { models })));
    } catch (error) {
      return replyError(reply, error);
    }
  });
}
