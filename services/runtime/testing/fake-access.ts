import { type Access, type Ticket, unauthenticated } from "../callers/access.js";
import { type Principal, type Scope, scopes } from "../callers/principal.js";

/** Who is known by which bearer; everybody else is nobody. */
export class FakeAccess implements Access {
  readonly isOpen = false;
  readonly signIn = { methods: ["key" as const] };
  readonly #principals: Readonly<Record<string, Principal>>;
  readonly #watched = new Map<Principal, Set<() => void>>();

  constructor(principals: Readonly<Record<string, Principal>>) {
    this.#principals = principals;
  }

  /** By `authorization: Bearer NAME`, or the ticket NAME. */
  identify({ authorization, ticket }: { authorization?: string | undefined; ticket?: string | undefined }): Principal {
    const principal = this.#principals[ticket ?? authorization?.replace(/^Bearer /, "") ?? ""];
    if (!principal) throw unauthenticated("Nobody is known by that.");
    return principal;
  }

  watch(principal: Principal, onEnd: () => void): () => void {
    const watches = this.#watched.get(principal) ?? new Set();
    this.#watched.set(principal, watches.add(onEnd));
    return () => watches.delete(onEnd);
  }

  /** Its bearer's name. */
  async giveTicket(principal: Principal): Promise<Ticket> {
    const [ticket] = Object.entries(this.#principals).find(([, one]) => one === principal) ?? [];
    if (ticket === undefined) throw unauthenticated("Nobody is known by that.");
    return { ticket, expiresInMs: 60_000, sessionUntil: principal.expiresAt };
  }

  /** Ends it for all who watch. */
  end(principal: Principal): void {
    for (const onEnd of this.#watched.get(principal) ?? []) onEnd();
  }

  watches(principal: Principal): number {
    return this.#watched.get(principal)?.size ?? 0;
  }
}

/** One of a tenant's, who may do all but speak for others unless told otherwise. */
export function principalOf(tenant: string, may: readonly Scope[] = scopes.filter((one) => one !== "peer")): Principal {
  return { id: `someone-of-${tenant}`, tenant, scopes: new Set(may), limits: {} };
}
