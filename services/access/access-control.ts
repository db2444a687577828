import { type Access, type SignIn, type Ticket, unauthenticated } from "../runtime/callers/access.js";
import { anyone, type Principal } from "../runtime/callers/principal.js";
import { Ends } from "./ends.js";
import type { ApiKeys } from "./keys/api-keys.js";
import type { KeyEntry } from "./keys/key-file.js";
import { keyPrefix } from "./keys/secret.js";
import type { Tickets } from "./tickets/tickets.js";

interface AccessOptions {
  readonly keys: ApiKeys | undefined;
  readonly tickets: Tickets;
}

/** Who is calling, by key or ticket. */
export class AccessControl implements Access {
  readonly isOpen = false;
  readonly signIn: SignIn;
  readonly #keys: ApiKeys | undefined;
  readonly #tickets: Tickets;
  readonly #ends = new Ends();

  constructor({ keys, tickets }: AccessOptions) {
    this.#keys = keys;
    this.#tickets = tickets;
    this.signIn = { methods: keys ? ["key"] : [] };
  }

  identify({ authorization, ticket }: { authorization?: string | undefined; ticket?: string | undefined }) {
    if (ticket !== undefined) return this.#byTicket(ticket);
    if (authorization === undefined) throw unauthenticated(askForOne);
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (bearer === undefined) throw unauthenticated(`The authorization has another form. ${askForOne}`);
    if (this.#keys && bearer.startsWith(keyPrefix)) return this.#keys.identify(bearer);
    throw unauthenticated(`That is neither a key nor a token of ours. ${askForOne}`);
  }

  watch(principal: Principal, onEnd: () => void): () => void {
    // Calls within the process: they end with what they are for.
    if (principal === anyone) return () => {};
    if (this.#isCurrent(principal)) return this.#ends.watch(principal, onEnd);
    // It has ended between being let in and this.
    let isWatched = true;
    queueMicrotask(() => {
      if (isWatched) onEnd();
    });
    return () => {
      isWatched = false;
    };
  }

  giveTicket(principal: Principal): Promise<Ticket> {
    return this.#tickets.give(principal);
  }

  /** The keys are these from now on: what belongs to others ends. */
  replaceKeys(entries: readonly KeyEntry[]): void {
    for (const principal of this.#keys?.replace(entries) ?? []) this.#ends.end(principal);
  }

  async #byTicket(ticket: string): Promise<Principal> {
    const given = await this.#tickets.identify(ticket);
    if (!isOfKey(given)) return given;
    // As the key is now: revoked meanwhile it ends what began by its tickets, too.
    const now = this.#keys?.find(given.id);
    if (now && now.tenant === given.tenant) return now;
    throw unauthenticated("The key of this ticket is no longer valid; sign in again.");
  }

  #isCurrent(principal: Principal): boolean {
    if (isOfKey(principal)) return this.#keys?.isCurrent(principal) ?? false;
    return principal.expiresAt === undefined || principal.expiresAt > Date.now();
  }
}

/** Ids of tokens' principals have a colon; keys' have none. */
const isOfKey = ({ id }: Principal) => !id.includes(":");

const askForOne = 'Send your key as "Authorization: Bearer mw_ID_SECRET".';
