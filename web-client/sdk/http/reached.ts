import { ErrorCode } from "../../../proto/index.js";
import { errorOf, MaskwireError } from "../maskwire-error.js";
import { failureOfAnswer } from "../upload/upload-lines.js";
import { ask, type Gateway } from "./gateway.js";

/**
 * What `fetch` says of a network is a TypeError, and no sentence for people.
 * @throws MaskwireError in its place; whatever else the request throws.
 */
export async function reached<T>(gateway: Gateway, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = `Nobody answers at ${gateway.at("")}. Check the address, and that the service runs.`;
    throw new MaskwireError(ErrorCode.UNAVAILABLE, message);
  }
}

/** What the gateway tells of itself, for programs. @throws MaskwireError when it cannot be reached, or does not say. */
export async function told(gateway: Gateway, path: string): Promise<unknown> {
  const answer = await reached(gateway, () => ask(gateway, path));
  const text = await reached(gateway, () => answer.text());
  if (answer.ok) return JSON.parse(text) as unknown;
  throw errorOf(failureOfAnswer(answer.status, text, answer.headers.get("retry-after")));
}
