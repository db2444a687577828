import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ListModelsResponseSchema, type Model } from "../../../proto/index.js";
import { askJson, type Gateway } from "./gateway.js";

/** The models that the service serves, the usual one first. @throws Error when it cannot be reached, or does not say. */
export async function listModels(gateway: Gateway): Promise<readonly Model[]> {
  const answer = (await askJson(gateway, "v1/models")) as JsonValue;
  return fromJson(ListModelsResponseSchema, answer, { ignoreUnknownFields: true }).models;
}
