import { askJson } from "../sdk/http/gateway.js";
import { pageGateway } from "./bearer.js";

/** What is used of one limit (`GET v1/usage`). */
export interface Usage {
  readonly name: string;
  /** Whose limit it is: that of who asks, or of all their tenant together. */
  readonly of: "principal" | "tenant";
  readonly used: number;
  readonly limit: number;
}

/** @throws TypeError when the gateway cannot be reached, or does not say. */
export async function usageNow(): Promise<Usage[]> {
  return ((await askJson(pageGateway, "v1/usage")) as { limits: Usage[] }).limits;
}
