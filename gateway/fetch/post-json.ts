import http from "node:http";
import https from "node:https";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { anyOf } from "./any-of.js";
import type { LookupAll } from "./lookup-by-dns.js";

/** What is asked so is small. */
const maxAnswerBytes = 64 * 1024;

/**
 * Asks a host of the operator's own for something, in JSON. Redirects are not followed.
 * @param lookup of names that the operator has named. @throws ServiceError UNAVAILABLE for any other answer; AbortError when the caller left.
 */
export async function postJson(
  url: URL,
  body: unknown,
  { lookup, signal }: { lookup: LookupAll; signal: AbortSignal },
): Promise<unknown> {
  const fault = (what: string, cause?: unknown) =>
    new ServiceError({ code: Code.UNAVAILABLE, reason: "PICTURE_HOST", message: `${url.host} ${what}.`, cause });
  const text = JSON.stringify(body);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "user-agent": "Maskwire",
  };
  const request = (url.protocol === "https:" ? https : http).request(url, {
    method: "POST",
    agent: false,
    signal,
    lookup: anyOf(lookup),
    headers,
  });
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once("response", resolve).on("error", reject).end(text);
    });
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of response as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > maxAnswerBytes) throw fault("answered with more than was asked for");
      pieces.push(piece);
    }
    if (response.statusCode !== 200) throw fault(`answered with HTTP ${response.statusCode}`);
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    signal.throwIfAborted();
    throw fault("could not be asked", error);
  } finally {
    request.destroy();
  }
}
