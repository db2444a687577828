import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { Logger } from "../../../services/runtime/logger.js";
import type { LookupAll } from "../../fetch/lookup-by-dns.js";
import { postJson } from "../../fetch/post-json.js";
import { FollowedSecret } from "../shared/followed-secret.js";

interface TokenOptions {
  /** Of Label Studio. */
  readonly url: URL;
  readonly file: { path: string; content: string } | undefined;
  readonly lookup: LookupAll;
  readonly logger: Logger;
}

/** An access token is asked for anew so long before it ends. */
const spareMs = 30_000;
const refreshMs = 10_000;

/** By what Label Studio lets us read its pictures: a legacy token as it is, or what it gives for a personal one. */
export class AccessTokens {
  readonly #options: TokenOptions;
  readonly #secret: FollowedSecret | undefined;
  /** What Label Studio told of itself, where no token is configured. */
  #told: string | undefined;
  #access: { readonly of: string; readonly token: Promise<{ bearer: string; until: number }> } | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#secret = options.file && new FollowedSecret(options.file, "Label Studio's token", options.logger);
  }

  /** Label Studio has said with `/setup` which token would do. */
  tell(token: string): void {
    this.#told = token;
  }

  /** The header that goes along. @throws ServiceError UNAVAILABLE when Label Studio gives no access for the token. */
  async header(): Promise<Record<string, string>> {
    const token = this.#secret?.value ?? this.#told;
    if (token === undefined) return {};
    if (!isPersonal(token)) return { authorization: `Token ${token}` };
    return { authorization: `Bearer ${await this.#accessOf(token)}` };
  }

  close(): void {
    this.#secret?.close();
  }

  async #accessOf(token: string): Promise<string> {
    if (this.#access?.of !== token) this.#access = { of: token, token: this.#refresh(token) };
    try {
      const { bearer, until } = await this.#access.token;
      if (Date.now() < until - spareMs) return bearer;
    } catch (error) {
      this.#access = undefined;
      throw error;
    }
    this.#access = { of: token, token: this.#refresh(token) };
    return (await this.#access.token).bearer;
  }

  async #refresh(refresh: string): Promise<{ bearer: string; until: number }> {
    const { url, lookup } = this.#options;
    const signal = AbortSignal.timeout(refreshMs);
    const answer = await postJson(new URL("api/token/refresh", url), { refresh }, { lookup, signal });
    const access = typeof answer === "object" && answer !== null && "access" in answer ? answer.access : undefined;
    if (typeof access === "string") return { bearer: access, until: endOf(access) };
    throw new ServiceError({
      code: Code.UNAVAILABLE,
      message: "Label Studio gives no access for its personal token; make a new one.",
    });
  }
}

/** A personal token is a JWT. */
const isPersonal = (token: string) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);

/** Milliseconds since 1970 at which a JWT ends; at once for one that does not say. */
function endOf(jwt: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}
