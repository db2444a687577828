import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ListModelsResponseSchema, type Model } from "../../../proto/index.js";
import { askJson, type Gateway } from "./gateway.js";

/**
 * The models that the service serves, the usual one first.
 * @param asked how the gateway is asked. @throws Error when it cannot be reached, or does not say.
 */
export async function listModels(gateway: Gateway, asked = askJson): Promise<readonly Model[]> {
  const answer = (await asked(gateway, "v1/models")) as JsonValue;
  return fromJson(ListModelsResponseSchema, answer, { ignoreUnknownFields: true }).models;
}
