import { type Dispatcher, request } from "undici";
import type { ModelFile } from "../families/model-spec.js";
import { PullError } from "./pull-error.js";

/**
 * What a host says of a file before anybody fetches it: the size and the SHA-256 that Hugging Face publishes beside each large
 * file, and the commit, by which the address then names this one for ever.
 * @throws PullError when it says nothing of the kind.
 */
export async function publishedFile(address: string, dispatcher: Dispatcher): Promise<ModelFile> {
  const url = new URL(address);
  const { headers, body, statusCode } = await request(url, { method: "HEAD", dispatcher }).catch((cause: Error) => {
    throw new PullError(`${url.host} cannot be reached (${cause.message}).`, { cause });
  });
  await body.dump();
  const header = (name: string) => String(headers[name] ?? "");
  const [, sha256] = /^"?([0-9a-f]{64})"?$/.exec(header("x-linked-etag")) ?? [];
  const bytes = Number(header("x-linked-size"));
  if (!sha256 || !(bytes > 0)) {
    const advice = 'Fetch it by hand, make sure that it is the right one, and name it as "ROLE=file:PATH".';
    throw new PullError(`${url.host} (${statusCode}) does not say which SHA-256 ${url.pathname} has. ${advice}`);
  }
  const commit = header("x-repo-commit");
  if (/^[0-9a-f]{40}$/.test(commit)) url.pathname = url.pathname.replace(/\/resolve\/[^/]+\//, `/resolve/${commit}/`);
  return { source: url.href, sha256, bytes };
}
