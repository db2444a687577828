import type { JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { loadJose } from "../jose.js";
import { isSafeFromOthers } from "./safe-from-others.js";

/** A provider that does not answer by then is out of reach. */
const answerMs = 5_000;
/** Of the provider's keys, before they are fetched anew. */
const keepMs = 600_000;
/** A token of a key that is not known has them fetched, but not sooner than this after the last time. */
const restMs = 10_000;

const discovered = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Where a provider's keys are, once it has said so, and what they are. */
export class ProviderKeys {
  readonly #issuer: string;
  readonly #now: () => number;
  #url: string | undefined;
  #finding: Promise<JWTVerifyGetKey> | undefined;
  #failed: { at: number; error: unknown } | undefined;

  /** @param url of its keys; left out, the provider is asked for it (OpenID Connect Discovery). */
  constructor(issuer: string, url: string | undefined, now: () => number = () => performance.now()) {
    this.#issuer = issuer;
    this.#url = url;
    this.#now = now;
  }

  /** @throws Error that says what is wrong with the provider */
  find(): Promise<JWTVerifyGetKey> {
    if (this.#failed && this.#now() - this.#failed.at < restMs) return Promise.reject(this.#failed.error);
    this.#finding ??= this.#find().catch((error: unknown) => {
      this.#finding = undefined;
      this.#failed = { at: this.#now(), error };
      throw error;
    });
    return this.#finding;
  }

  async #find(): Promise<JWTVerifyGetKey> {
    this.#url ??= await keysUrlOf(this.#issuer);
    const { createRemoteJWKSet, customFetch } = await loadJose();
    const options = { timeoutDuration: answerMs, cooldownDuration: restMs, cacheMaxAge: keepMs };
    return createRemoteJWKSet(new URL(this.#url), { ...options, [customFetch]: this.#restAfterFailures() });
  }

  /** What could not be fetched is left alone for a while: anybody may come with a token of a key that is not known. */
  #restAfterFailures(): typeof fetch {
    let failed: { at: number; error: unknown } | undefined;
    return async (...asked) => {
      if (failed && this.#now() - failed.at < restMs) throw failed.error;
      try {
        const answer = await fetch(...asked);
        if (!answer.ok) throw new Error(`${this.#url}: it answers with ${answer.status}`);
        failed = undefined;
        return answer;
      } catch (error) {
        failed = { at: this.#now(), error };
        throw error;
      }
    };
  }
}

async function keysUrlOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  let body: unknown;
  try {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(answerMs) });
    if (!answer.ok) throw new Error(`it answers with ${answer.status}`);
    body = await answer.json();
  } catch (cause) {
    throw new Error(`${url}: ${(cause as Error).message}`, { cause });
  }
  const parsed = discovered.safeParse(body);
  if (!parsed.success) throw new Error(`${url}: it says nothing of where its keys are`);
  if (parsed.data.issuer !== issuer) {
    throw new Error(`${url}: it calls itself "${parsed.data.issuer}", and MASKWIRE_OIDC_ISSUER must be the same`);
  }
  const { jwks_uri: keys } = parsed.data;
  if (!isSafeFromOthers(keys)) {
    throw new Error(
      `${url}: it has its keys at ${keys}, unencrypted; it must say https, or set MASKWIRE_OIDC_JWKS_URL`,
    );
  }
  return keys;
}
