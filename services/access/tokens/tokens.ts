import { createHash } from "node:crypto";
import type { errors, JWTPayload } from "jose";
import { LRUCache } from "lru-cache";
import { unauthenticated } from "../../runtime/callers/access.js";
import type { Principal, Scope } from "../../runtime/callers/principal.js";
import { isTenantName } from "../../runtime/callers/tenant.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { Logger } from "../../runtime/logger.js";
import { type Jose, loadJose } from "../jose.js";
import { claimAt, scopesIn } from "./claims.js";
import { ProviderKeys } from "./provider-keys.js";

export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are; undefined asks the provider. */
  readonly keysUrl: string | undefined;
  readonly tenantClaim: string;
  readonly scopeClaim: string;
  /** Of a token that has none of ours. */
  readonly defaultScopes: readonly Scope[];
}

/** Those by which nobody but the provider can sign. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** Between our clock and the provider's. */
const skewMs = 30_000;
const mostKept = 10_000;
/** With groups and roles some are of a few kilobytes. */
const mostLetters = 12 * 1024;
const retryMs = 2_000;
/** Everybody may come while the provider is out of reach: that is said now and then. */
const sayMs = 30_000;

interface TokensOptions {
  readonly logger: Pick<Logger, "error">;
  /** What all of a tenant's principals together may take. */
  readonly limitsOf: (tenant: string) => Principal["tenantLimits"];
}

/** Tokens of one provider (OpenID Connect, RFC 9068): whom they are of, remembered for as long as they are good. */
export class Tokens {
  readonly #settings: TokenSettings;
  readonly #options: TokensOptions;
  readonly #keys: ProviderKeys;
  /** By the token's digest. */
  readonly #known = new LRUCache<string, Principal>({ max: mostKept });
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(settings: TokenSettings, options: TokensOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#keys = new ProviderKeys(settings.issuer, settings.keysUrl);
  }

  /** At once for a token that was seen before. @throws ServiceError UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE. */
  identify(token: string): Principal | Promise<Principal> {
    if (token.length > mostLetters)
      throw unauthenticated(`This token is longer than the ${mostLetters} letters that may be.`);
    const digest = createHash("sha256").update(token).digest("base64url");
    const known = this.#known.get(digest);
    if (known?.expiresAt !== undefined && known.expiresAt > Date.now()) return known;
    return this.#verify(token, digest);
  }

  /** What was remembered is asked again. */
  forget(): void {
    this.#known.clear();
  }

  /** Finds the provider, and says in the log when it cannot be found. */
  async warm(): Promise<void> {
    await this.#keys.find().catch((error: unknown) => this.#say(error));
  }

  async #verify(token: string, digest: string): Promise<Principal> {
    const { issuer, audience } = this.#settings;
    const jose = await loadJose();
    let payload: JWTPayload;
    try {
      const verified = await jose.jwtVerify(token, await this.#keys.find(), {
        algorithms,
        issuer,
        audience,
        requiredClaims: ["exp", "sub"],
        clockTolerance: skewMs / 1000,
      });
      payload = verified.payload;
    } catch (error) {
      throw this.#explain(error, jose);
    }
    // Several may have come with it at once: they are one.
    const principal = this.#known.get(digest) ?? this.#principalOf(payload);
    this.#known.set(digest, principal);
    return principal;
  }

  #principalOf(payload: JWTPayload): Principal {
    const { tenantClaim, scopeClaim, defaultScopes } = this.#settings;
    const { sub, exp = 0 } = payload;
    const tenant = claimAt(payload, tenantClaim);
    if (!isTenantName(tenant)) throw withoutTenant(tenantClaim, tenant);
    if (!sub) throw unauthenticated("This token names nobody; sign in again.");
    const own = scopesIn(claimAt(payload, scopeClaim));
    const tenantLimits = this.#options.limitsOf(tenant);
    return {
      id: `sub:${sub}`,
      tenant,
      scopes: new Set(own.length > 0 ? own : defaultScopes),
      limits: {},
      ...(tenantLimits ? { tenantLimits } : {}),
      // For as long as it is believed.
      expiresAt: exp * 1000 + skewMs,
    };
  }

  #explain(error: unknown, jose: Jose): unknown {
    const { errors } = jose;
    if (error instanceof errors.JWTExpired) return unauthenticated("Your token has expired; sign in again.");
    if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(faultOf(error));
    if (isOfToken(error, jose)) return unauthenticated("This token is not one of the provider's here; sign in again.");
    this.#say(error);
    const message = "Your token cannot be checked: its provider does not answer as it should; try again shortly.";
    return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: retryMs, cause: error });
  }

  #say(error: unknown): void {
    const now = performance.now();
    if (now - this.#saidAt < sayMs) return;
    this.#saidAt = now;
    const { issuer } = this.#settings;
    this.#options.logger.error(
      { issuer, why: String(error) },
      "tokens cannot be checked: the provider's keys cannot be had",
    );
  }
}

function faultOf({ claim, reason }: errors.JWTClaimValidationFailed): string {
  switch (claim) {
    case "nbf":
      return "Your token is not valid yet; try again later.";
    case "iss":
      return "This token is of another provider than the one here; sign in again.";
    case "aud":
      return "This token is for another service; ask your provider for one that is for this one.";
    default:
      return reason === "missing"
        ? `This token lacks the claim "${claim}".`
        : `This token's claim "${claim}" is malformed.`;
  }
}

/** What is wrong with a token; everything else is wrong with the provider's keys, or the way to them. */
function isOfToken(error: unknown, { errors }: Jose): boolean {
  return [
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

function withoutTenant(claim: string, value: unknown): ServiceError {
  const message =
    value === undefined
      ? `Your token names no tenant: it lacks the claim "${claim}". Ask who runs this service.`
      : `Your token's claim "${claim}" is no tenant's name here: 1 to 63 small letters, digits, ".", "_" and "-".`;
  return new ServiceError({ code: Code.PERMISSION_DENIED, message });
}
