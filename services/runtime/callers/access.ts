import { Code, ServiceError } from "../errors.js";
import { anyone, type Principal, type Scope } from "./principal.js";

/** What a request brings to show who is calling. */
interface Credentials {
  /** The header, or gRPC metadata, of that name. */
  readonly authorization?: string | undefined;
  /** What a browser was given to open a WebSocket with. */
  readonly ticket?: string | undefined;
}

/** How a person may sign in, as anybody is told. */
export interface SignIn {
  readonly methods: readonly ("key" | "oidc")[];
  /** For a page that sends people to their provider: where that is, who the page is there, what it asks for, and for whom. */
  readonly oidc?:
    | { readonly issuer: string; readonly clientId: string; readonly scope: string; readonly audience: string }
    | undefined;
}

/** What a browser opens a WebSocket with, which cannot send headers. */
export interface Ticket {
  readonly ticket: string;
  /** Milliseconds within which the WebSocket has to be opened. */
  readonly expiresInMs: number;
  /** Milliseconds since 1970 at which a session that was opened with it ends; undefined for one that does not end by itself. */
  readonly sessionUntil?: number | undefined;
}

/** Tells who is calling. One for all doors of a process. */
export interface Access {
  /** Asks nobody: everybody is `anyone`. */
  readonly isOpen: boolean;
  readonly signIn: SignIn;
  /**
   * Answers at once where it can, for the path of a click.
   * @throws ServiceError UNAUTHENTICATED with a sentence that says what to do; UNAVAILABLE when who could tell cannot be reached.
   */
  identify(credentials: Credentials): Principal | Promise<Principal>;
  /**
   * Tells once when the principal ends: its time is over, or it was revoked. What lasts longer than a request watches it.
   * @returns ends the watch.
   */
  watch(principal: Principal, onEnd: () => void): () => void;
  /** @throws ServiceError FAILED_PRECONDITION where nobody is asked: there is none to show. */
  giveTicket(principal: Principal): Promise<Ticket>;
}

export const openAccess: Access = {
  isOpen: true,
  signIn: { methods: [] },
  identify: () => anyone,
  watch: () => () => {},
  giveTicket: async () => {
    const message = "Nobody is asked who they are here: open the WebSocket without a ticket.";
    throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
  },
};

/** @throws ServiceError PERMISSION_DENIED for a principal that may not do that; undefined is one that nobody has let in. */
export function requireScope(principal: Principal | undefined, scope: Scope): void {
  if (principal?.scopes.has(scope)) return;
  const message = `Your key or token does not allow this: it lacks the scope "${scope}". Ask who gave it to you.`;
  throw new ServiceError({ code: Code.PERMISSION_DENIED, message });
}

export function unauthenticated(message: string): ServiceError {
  return new ServiceError({ code: Code.UNAUTHENTICATED, message });
}

/** What who is in the middle of something is told when its principal ends. */
export const accessEnded = "Your key or token has ended; come back with a new one.";
