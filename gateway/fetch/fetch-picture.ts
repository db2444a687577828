import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { Code, invalidArgument, ServiceError } from "../../services/runtime/errors.js";
import { formatHeadBytes, formatOf, offeredNames } from "../../services/runtime/offered-formats.js";
import { anyOf } from "./any-of.js";
import type { LookupAll } from "./lookup-by-dns.js";
import type { PictureHosts } from "./picture-hosts.js";
import { isPublicAddress } from "./public-address.js";

interface FetchedPicture {
  /** By the file's first bytes, whatever the other side says of it. */
  readonly type: string;
  readonly bytes: number | undefined;
  /** Throws a ServiceError when the other side breaks off or sends more than is taken. */
  readonly body: AsyncIterable<Uint8Array>;
}

interface FetchOptions {
  readonly hosts: PictureHosts;
  readonly maxBytes: number;
  /** Aborts the transfer too, not only its beginning. */
  readonly signal: AbortSignal;
  /** Of names that were not listed themselves: whoever chose them may serve them. */
  readonly lookup: LookupAll;
  /** Of those that were; they may be known to this machine alone. */
  readonly lookupNamed: LookupAll;
  /**
   * What goes along to an address of the operator's own, which needs no grant; undefined for every other. Asked for each hop by itself, so that nothing
   * of it goes on to where one redirects.
   */
  readonly credentials?: (url: URL) => Promise<Record<string, string>> | undefined;
}

const mostRedirects = 5;

/**
 * Opens a picture on another host (U2 to U5). No cookie, credential or header of the caller goes along, nor any of ours but by `credentials`.
 * @throws ServiceError INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE (PICTURE_HOST) or
 *   DEADLINE_EXCEEDED; AbortError when the caller left.
 */
export async function fetchPicture(address: string, options: FetchOptions): Promise<FetchedPicture> {
  let url = readUrl(address);
  for (let redirects = 0; ; redirects++) {
    const response = await open(url, options);
    const next = redirectOf(response, url);
    if (next === undefined) return takePicture(response, url, options);
    response.destroy();
    if (redirects === mostRedirects) throw fault(url, `redirected more than ${mostRedirects} times`);
    url = next;
  }
}

function readUrl(text: string, base?: string): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw invalidArgument("The picture's address must begin with https:// or http://.");
  }
  if (url.username || url.password) {
    throw invalidArgument("The picture's address must not carry a user name or a password.");
  }
  return url;
}

async function open(url: URL, options: FetchOptions): Promise<IncomingMessage> {
  const { signal } = options;
  const own = await options.credentials?.(url);
  const grant = own ? "named" : options.hosts.grant(url.hostname);
  if (grant === undefined) throw refused(`Pictures may not be fetched from ${url.hostname} here.`);
  // Open to many hosts must not mean open to whatever else they run.
  if (grant === "matched" && url.port !== "") {
    throw refused(`Pictures of ${url.hostname} may be fetched from its usual port only.`);
  }
  const request = (url.protocol === "https:" ? https : http).request(url, {
    // A connection of its own, so that the look-up below is what it is made by.
    agent: false,
    signal,
    lookup: grant === "named" ? anyOf(options.lookupNamed) : publicOnly(options.lookup),
    headers: { accept: "image/*", "accept-encoding": "identity", "user-agent": "Maskwire", ...own },
  });
  try {
    return await new Promise((resolve, reject) => {
      request.once("response", resolve);
      request.on("error", reject);
      request.end();
    });
  } catch (error) {
    throw described(error, url, signal);
  }
}

/** Checked where the connection is made: a name that changes its mind between two look-ups gains nothing. */
function publicOnly(lookup: LookupAll): LookupFunction {
  return anyOf((host, options, done) => {
    lookup(host, options, (error, found) => {
      const open = found.filter(({ address }) => isPublicAddress(address));
      if (error || open.length > 0) return done(error, open);
      done(new Error("no public address", { cause: refused(`${host} is not on the public network.`) }), []);
    });
  });
}

function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode ?? 0) || headers.location === undefined) return undefined;
  return readUrl(headers.location, from.href);
}

async function takePicture(response: IncomingMessage, url: URL, options: FetchOptions): Promise<FetchedPicture> {
  const { maxBytes, signal } = options;
  try {
    const { statusCode, headers } = response;
    if (statusCode !== 200) throw fault(url, `answered with HTTP ${statusCode}`);
    if ((headers["content-encoding"] ?? "identity") !== "identity") throw fault(url, "sent it compressed");
    const announced = headers["content-length"];
    const bytes = announced === undefined ? undefined : Number(announced);
    if (bytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
    const chunks = limited(response, url, maxBytes, signal);
    const head = await takeHead(chunks);
    const format = formatOf(head);
    if (format === undefined) {
      throw invalidArgument(`What ${url.hostname} sent is not a ${offeredNames} picture.`, "UNSUPPORTED_IMAGE");
    }
    return { type: `image/${format}`, bytes, body: continued(head, chunks) };
  } catch (error) {
    response.destroy();
    throw error;
  }
}

async function* limited(
  response: IncomingMessage,
  url: URL,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      total += chunk.byteLength;
      if (total > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw described(error, url, signal);
  }
}

async function takeHead(chunks: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  while (head.byteLength < formatHeadBytes && formatOf(head) === undefined) {
    const { done, value } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* continued(head: Uint8Array, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    yield* chunks;
  } finally {
    // A reader that leaves after the head has not begun with the rest.
    await chunks.return(undefined);
  }
}

function described(error: unknown, { hostname }: URL, signal: AbortSignal): unknown {
  if (error instanceof ServiceError) return error;
  if (error instanceof Error && error.cause instanceof ServiceError) return error.cause;
  if (signal.aborted) {
    if ((signal.reason as Error | undefined)?.name !== "TimeoutError") return signal.reason;
    return new ServiceError({
      code: Code.DEADLINE_EXCEEDED,
      message: `${hostname} took too long to send the picture.`,
    });
  }
  const { code } = error as NodeJS.ErrnoException;
  const message = `${hostname} could not be reached${code ? ` (${code})` : ""}.`;
  return new ServiceError({ code: Code.UNAVAILABLE, reason: "PICTURE_HOST", message, cause: error });
}

function fault({ hostname }: URL, what: string): ServiceError {
  const message = `The picture could not be fetched: ${hostname} ${what}.`;
  return new ServiceError({ code: Code.UNAVAILABLE, reason: "PICTURE_HOST", message });
}

function refused(message: string): ServiceError {
  return new ServiceError({ code: Code.PERMISSION_DENIED, message });
}

function tooLarge(maxBytes: number): ServiceError {
  const message = `The picture is larger than the ${maxBytes} bytes that are taken.`;
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE", message });
}
