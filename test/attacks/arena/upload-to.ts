import { request as requestPlain } from "node:http";
import { request as requestEncrypted } from "node:https";
import { text } from "node:stream/consumers";

interface UploadOptions {
  headers: Record<string, string>;
  /** The authority of an encrypted gateway, PEM: what `fetch` cannot be told. */
  ca?: string;
}

/** Uploads a picture and waits for its embedding. @returns its id. @throws Error with the status when it is refused. */
export function uploadTo(url: string, bytes: Uint8Array, { headers, ca }: UploadOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers, agent: false } as const;
    const where = `${url}/v1/images`;
    const request = ca === undefined ? requestPlain(where, options) : requestEncrypted(where, { ...options, ca });
    request.once("error", reject);
    request.once("response", async (response) => {
      try {
        const body = await text(response);
        if (response.statusCode !== 200) throw new Error(`POST /v1/images: ${response.statusCode} ${body}`);
        resolve((JSON.parse(body) as { image: { imageId: string } }).image.imageId);
      } catch (error) {
        reject(error);
      }
    });
    request.end(bytes);
  });
}
