import { createSecretKey, randomBytes } from "node:crypto";
import type { JWTPayload } from "jose";
import { z } from "zod";
import { type Ticket, unauthenticated } from "../../runtime/callers/access.js";
import { limitNames, type Principal, scopes } from "../../runtime/callers/principal.js";
import { isTenantName } from "../../runtime/callers/tenant.js";
import type { SigningKey } from "../../runtime/signing-keys.js";
import { loadJose } from "../jose.js";

/** In which a session has to begin. */
const ticketMs = 60_000;
/** Between the clocks of two gateways. */
const skewMs = 5_000;

/** What makes them tickets for our sessions: no other token of the same keys passes for one. */
const typ = "maskwire-ticket+jwt";
const audience = "maskwire-session";
const algorithm = "HS256";

const limits = z.object(Object.fromEntries(limitNames.map((name) => [name, z.number().optional()])));

const claims = z.object({
  sub: z.string().min(1),
  tenant: z.string().refine(isTenantName),
  scopes: z.array(z.enum(scopes)),
  limits,
  tenantLimits: limits.optional(),
  /** Milliseconds since 1970. */
  sessionUntil: z.number().optional(),
});

/** What browsers open WebSockets with: a principal, signed, for a minute. Any gateway with the same keys takes it. */
export class Tickets {
  #keys: readonly SigningKey[];

  /** @param keys the first signs, all are believed; without any, one of this process's own. */
  constructor(keys: readonly SigningKey[] = [{ id: "own", secret: createSecretKey(randomBytes(32)) }]) {
    this.#keys = keys;
  }

  get ids(): string[] {
    return this.#keys.map(({ id }) => id);
  }

  replace(keys: readonly SigningKey[]): void {
    this.#keys = keys;
  }

  async give({ id, tenant, scopes: may, limits, tenantLimits, expiresAt }: Principal): Promise<Ticket> {
    const [key] = this.#keys;
    if (!key) throw new Error("there is no key to sign tickets with");
    const payload = { tenant, scopes: [...may], limits, tenantLimits, sessionUntil: expiresAt };
    const { SignJWT } = await loadJose();
    const ticket = await new SignJWT(payload)
      .setProtectedHeader({ alg: algorithm, kid: key.id, typ })
      .setSubject(id)
      .setAudience(audience)
      .setExpirationTime(new Date(Date.now() + ticketMs))
      .sign(key.secret);
    return { ticket, expiresInMs: ticketMs, sessionUntil: expiresAt };
  }

  /** @throws ServiceError UNAUTHENTICATED for anything but a ticket of ours that is not a minute old. */
  async identify(ticket: string): Promise<Principal> {
    const { sub, tenant, scopes: may, limits, tenantLimits, sessionUntil } = await this.#verify(ticket);
    const ofTenant = tenantLimits ? { tenantLimits } : {};
    return { id: sub, tenant, scopes: new Set(may), limits, ...ofTenant, expiresAt: sessionUntil };
  }

  async #verify(ticket: string): Promise<z.output<typeof claims>> {
    const { jwtVerify } = await loadJose();
    let payload: JWTPayload;
    try {
      const verified = await jwtVerify(ticket, ({ kid }) => this.#secretOf(kid), {
        algorithms: [algorithm],
        audience,
        typ,
        requiredClaims: ["exp"],
        clockTolerance: skewMs / 1000,
      });
      payload = verified.payload;
    } catch {
      throw invalid();
    }
    const parsed = claims.safeParse(payload);
    if (!parsed.success) throw invalid();
    return parsed.data;
  }

  #secretOf(id: string | undefined) {
    const key = this.#keys.find((one) => one.id === id);
    if (!key) throw invalid();
    return key.secret;
  }
}

const invalid = () =>
  unauthenticated("This ticket is not valid, or older than a minute; get a new one by POST /v1/tickets.");
