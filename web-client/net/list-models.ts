import { fromJson } from "@bufbuild/protobuf";
import { ListModelsResponseSchema, type Model } from "../../proto/index.js";
import { ask } from "../access/bearer.js";

/** The models that the service serves, the usual one first. @throws Error when it cannot be reached, or does not say. */
export async function listModels(): Promise<readonly Model[]> {
  const answer = await ask("v1/models");
  if (!answer.ok) throw new TypeError(`v1/models was answered with ${answer.status}.`);
  return fromJson(ListModelsResponseSchema, await answer.json(), { ignoreUnknownFields: true }).models;
}
