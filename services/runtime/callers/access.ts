import { Code, ServiceError } from "../errors.js";
import { anyone, type Principal, type Scope } from "./principal.js";

/** What a request brings to show who is calling. */
interface Credentials {
  /** The header, or gRPC metadata, of that name. */
  readonly authorization?: string | undefined;
  /** What a browser was given to open a WebSocket with. */
  readonly ticket?: string | undefined;
}

/** Tells who is calling. One for all doors of a process. */
export interface Access {
  /** Asks nobody: everybody is `anyone`. */
  readonly isOpen: boolean;
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
}

export const openAccess: Access = {
  isOpen: true,
  identify: () => anyone,
  watch: () => () => {},
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
