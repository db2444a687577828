import { type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { codeOf } from "../../runtime/error-code.js";
import { PullError } from "./pull-error.js";

/** Silence after which a server is taken for lost. */
const silenceMs = 30_000;
const mostRedirects = 5;

/** A file that is on its way. Disposed of, its connection is let go, whatever has not come yet. */
interface OpenedSource extends Disposable {
  /** Where in the file what comes begins: 0 where a server gives the whole, whatever was asked for. */
  readonly from: number;
  /** Of the whole file, where the server says so. */
  readonly totalBytes: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The connection or the server failed for the moment: trying again is worth it. */
export class LostError extends PullError {
  override readonly name = "LostError";
}

/** By the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. Closed by whoever made it. */
export function proxiedDispatcher(): Dispatcher {
  return new EnvHttpProxyAgent({ headersTimeout: silenceMs, bodyTimeout: silenceMs, connect: { timeout: silenceMs } });
}

/**
 * A file of an HTTPS server, from a byte on.
 * @throws LostError, or PullError where another try would give the same.
 */
export async function openSource(
  url: string,
  from: number,
  { dispatcher, signal }: { dispatcher: Dispatcher; signal: AbortSignal },
): Promise<OpenedSource> {
  let at = new URL(url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await ask(at, from, dispatcher, signal);
    const { statusCode, headers, body } = answer;
    const next = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
    if (next === undefined) return take(answer, from, at);
    await body.dump();
    at = new URL(String(next), at);
    // What was asked for over an encrypted connection comes over one.
    if (at.protocol !== "https:") throw new PullError(`${url} leads to ${at.href}, which is not encrypted.`);
  }
  throw new PullError(`${url} leads on more than ${mostRedirects} times.`);
}

async function ask(url: URL, from: number, dispatcher: Dispatcher, signal: AbortSignal) {
  const range = from > 0 ? { range: `bytes=${from}-` } : {};
  const headers = { "accept-encoding": "identity", "user-agent": "Maskwire", ...range };
  try {
    return await request(url, { dispatcher, signal, headers });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url.host, error);
  }
}

async function take(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  from: number,
  url: URL,
): Promise<OpenedSource> {
  const opened = { body: lossless(body, url), [Symbol.dispose]: () => void body.on("error", () => {}).destroy() };
  if (statusCode === 200) return { from: 0, totalBytes: numberOf(headers["content-length"]), ...opened };
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(String(headers["content-range"])) ?? [];
  if (statusCode === 206 && Number(start) === from) return { from, totalBytes: Number(total), ...opened };
  await body.dump();
  const message = `${url.host} answered ${statusCode} for ${url.pathname}`;
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429)
    throw new LostError(`${message}; try again later.`);
  if (statusCode === 401 || statusCode === 403) {
    throw new PullError(
      `${message}: it may be fetched by some only. Fetch it by hand and name it as a "file:" source.`,
    );
  }
  throw new PullError(`${message}: it may have moved. The models' entry is out of date.`);
}

async function* lossless(body: AsyncIterable<Uint8Array>, { host }: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    throw unreachable(host, error);
  }
}

const certificateFaults = /CERT|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME/;

function unreachable(host: string, cause: unknown): PullError {
  const code = codeOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  if (certificateFaults.test(code)) {
    const advice = "Where a proxy opens connections, name its authority by NODE_EXTRA_CA_CERTS.";
    return new PullError(`${host} does not prove who it is (${code}). ${advice}`, { cause });
  }
  const advice = "Is there a network here? Through a proxy it needs HTTPS_PROXY.";
  return new LostError(`${host} cannot be reached (${code}). ${advice}`, { cause });
}

function numberOf(header: string | string[] | undefined): number | undefined {
  const number = Number(header);
  return header === undefined || Number.isNaN(number) ? undefined : number;
}
