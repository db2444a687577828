import { ask } from "./bearer.js";

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
  const answer = await ask("v1/usage");
  if (!answer.ok) throw new TypeError(`v1/usage was answered with ${answer.status}.`);
  return ((await answer.json()) as { limits: Usage[] }).limits;
}
