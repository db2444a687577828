import type { IncomingMessage } from "node:http";
import { Code, type ErrorInit } from "../../services/runtime/errors.js";
import type { Logger } from "../../services/runtime/logger.js";
import { TrustedProxies } from "../callers/forwarded-for.js";
import { ListedOrigins } from "./listed-origins.js";
import { PublicHosts } from "./public-hosts.js";

interface BrowserRulesOptions {
  /** `https://app.example.org`, or `https://*.example.org` for one label. */
  origins: readonly string[];
  /** Names, `*.example.org` or `*`. */
  publicHosts: readonly string[];
  /** Where the gateway listens. */
  host: string;
  /** Addresses and CIDR ranges of the proxies before this gateway. */
  trustedProxies: readonly string[];
  logger: Pick<Logger, "warn">;
}

/** What is read of a request, be it one for a WebSocket. */
type Asked = Pick<IncomingMessage, "headers" | "method"> & { socket: { remoteAddress?: string | undefined } };

interface Refusal {
  status: number;
  error: ErrorInit;
}

/** Of a name that a stranger chose, as much as a person needs to know it again, and no letter that is none of a name. */
const inWords = (name: string) => name.slice(0, 100).replaceAll(/[^\x21-\x7e]/g, "?");

/** Which requests that a browser sends are meant by who sits before it (W1 to W3). What is no browser says nothing of all this. */
export class BrowserRules {
  readonly #origins: ListedOrigins;
  readonly #hosts: PublicHosts;
  readonly #proxies: TrustedProxies;
  readonly #logger: Pick<Logger, "warn">;
  readonly #warned = new Set<string>();

  constructor({ origins, publicHosts, host, trustedProxies, logger }: BrowserRulesOptions) {
    this.#origins = new ListedOrigins(origins);
    this.#hosts = new PublicHosts(publicHosts, host);
    this.#proxies = new TrustedProxies(trustedProxies);
    this.#logger = logger;
  }

  /** @param path of the route: what the page is made of may be asked for by anybody's link. */
  refusalOf(asked: Asked, path: string): Refusal | undefined {
    const stranger = this.#namesOf(asked).find((name) => !this.#hosts.has(name));
    if (stranger !== undefined) {
      const name = inWords(stranger);
      return this.#refuse(
        421,
        `This gateway is not asked by the name ${name}; whoever runs it lists its names in MASKWIRE_PUBLIC_HOSTS.`,
      );
    }
    if (!isOfApi(path) && isRead(asked.method)) return undefined;
    const { origin, "sec-fetch-site": site } = asked.headers;
    if (origin !== undefined) {
      if (this.#isOwn(origin, asked) || this.#origins.has(origin)) return undefined;
      const page = inWords(origin);
      return this.#refuse(
        403,
        `Pages of the origin ${page} may not use this gateway; whoever runs it lists such origins in MASKWIRE_ORIGINS.`,
      );
    }
    // An image, a script, a link: what a browser asks for without saying for whom.
    if (site !== "cross-site" && site !== "same-site") return undefined;
    return this.#refuse(
      403,
      "Pages of other origins may not use this gateway; whoever runs it lists such origins in MASKWIRE_ORIGINS.",
    );
  }

  /** The origin that may read the answer, where that is another's. */
  listedOrigin({ headers: { origin } }: Pick<Asked, "headers">): string | undefined {
    return origin !== undefined && this.#origins.has(origin) ? origin : undefined;
  }

  /** The name of the gateway in the browser's address comes last. */
  #namesOf({ headers, socket }: Asked): string[] {
    const forwarded = this.#proxies.has(socket.remoteAddress ?? "") ? headers["x-forwarded-host"] : undefined;
    // Behind several proxies the first has written the first.
    const names = [forwarded ?? []].flat().flatMap((one) => one.split(",").reverse());
    return [headers.host ?? [], ...names].flat().map((name) => name.trim());
  }

  #isOwn(origin: string, asked: Asked): boolean {
    const name = this.#namesOf(asked).at(-1);
    if (name === undefined || !URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const own = `${protocol}//${name}`;
    return URL.canParse(own) && new URL(own).host === host && (this.#schemeOf(asked) ?? protocol) === protocol;
  }

  /** Where TLS ended at a proxy that does not say so, or that is not believed, nobody knows. */
  #schemeOf({ headers, socket }: Asked): string | undefined {
    if ("encrypted" in socket && socket.encrypted) return "https:";
    const forwarded = this.#proxies.has(socket.remoteAddress ?? "") ? headers["x-forwarded-proto"] : undefined;
    const [first] = [forwarded ?? []].flat().flatMap((one) => one.split(","));
    return first === undefined ? undefined : `${first.trim()}:`;
  }

  /** Said once of each: a proxy before the gateway that nobody told of it looks the same. */
  #refuse(status: number, message: string): Refusal {
    const kind = `${status}`;
    if (!this.#warned.has(kind)) this.#logger.warn({ status }, `a browser's request was refused: ${message}`);
    this.#warned.add(kind);
    return { status, error: { code: Code.PERMISSION_DENIED, message } };
  }
}

/** Below `/v1`, and what speaks other services' protocols. */
const apis = ["/v1/", "/adapters/", "/api/"];

/** Whether something answers there for the page, and not the page itself. */
export const isOfApi = (path: string): boolean => apis.some((api) => path.startsWith(api));

const isRead = (method = "GET") => method === "GET" || method === "HEAD";
