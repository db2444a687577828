import { type Access, type SignIn, type Ticket, unauthenticated } from "../runtime/callers/access.js";
import { anyone, type Principal } from "../runtime/callers/principal.js";
import { Ends } from "./ends.js";
import type { ApiKeys } from "./keys/api-keys.js";
import type { KeyEntry } from "./keys/key-file.js";
import { keyPrefix } from "./keys/secret.js";
import type { Tickets } from "./tickets/tickets.js";
import type { Tokens } from "./tokens/tokens.js";

interface AccessOptions {
  readonly keys?: ApiKeys | undefined;
  readonly tokens?: Tokens | undefined;
  readonly tickets: Tickets;
  /** For a page that sends people to their provider. */
  readonly oidc?: SignIn["oidc"];
}

/** Who is calling, by key, token or ticket. */
export class AccessControl implements Access {
  readonly isOpen = false;
  readonly signIn: SignIn;
  readonly #keys: ApiKeys | undefined;
  readonly #tokens: Tokens | undefined;
  readonly #tickets: Tickets;
  readonly #askForOne: string;
  readonly #ends = new Ends();

  constructor({ keys, tokens, tickets, oidc }: AccessOptions) {
    this.#keys = keys;
    this.#tokens = tokens;
    this.#tickets = tickets;
    this.signIn = { methods: [...(keys ? (["key"] as const) : []), ...(tokens ? (["oidc"] as const) : [])], oidc };
    this.#askForOne = `Send ${keys ? "your key" : "your token"} as "Authorization: Bearer ${keys ? "mw_ID_SECRET" : "TOKEN"}".`;
  }

  identify({ authorization, ticket }: { authorization?: string | undefined; ticket?: string | undefined }) {
    if (ticket !== undefined) return this.#byTicket(ticket);
    if (authorization === undefined) throw unauthenticated(this.#askForOne);
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (bearer === undefined) throw unauthenticated(`The authorization has another form. ${this.#askForOne}`);
    if (this.#keys && bearer.startsWith(keyPrefix)) return this.#keys.identify(bearer);
    if (this.#tokens) return this.#tokens.identify(bearer);
    throw unauthenticated(`That is no key. ${this.#askForOne}`);
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
    // With what is said of their tenants.
    this.#tokens?.forget();
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
