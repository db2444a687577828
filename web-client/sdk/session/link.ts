import { CloseCode } from "../../../proto/index.js";
import type { SessionEventOf } from "./event.js";

/** The connection to the gateway. */
export type Link =
  | { readonly kind: "connecting"; readonly attempt: number }
  | {
      readonly kind: "open";
      readonly limits: Limits;
      /** Everything mode, from its request until its end has come. */
      readonly search: Search | undefined;
    }
  | { readonly kind: "waiting"; readonly attempt: number; readonly retryAtMs: number }
  /** Closed for idleness: connects again when there is need. */
  | { readonly kind: "asleep" }
  /** The gateway does not understand this side: only a person may try again. */
  | { readonly kind: "stopped" }
  /** The gateway asks who is there, and nobody has told it, or it is not known any more. */
  | { readonly kind: "signed-out" };

interface Search {
  readonly heardAtMs: number;
}

/** What the gateway's welcome says; 0 means that it names no limit. */
interface Limits {
  readonly pictureBytes: number;
  readonly picturePixels: number;
  readonly waitingClicks: number;
  /** Whether the gateway fetches pictures from other hosts. */
  readonly pictureUrls: boolean;
}

/** What is to be done for the connection. */
type LinkEffect =
  | { readonly kind: "connect" }
  | { readonly kind: "timer"; readonly name: "reconnect"; readonly delayMs: number };

/**
 * What a lost connection leads to. The wait doubles up to a limit, and a random half of it keeps many clients from coming
 * back at the same moment after a restart of the gateway.
 */
const firstWaitMs = 400;
const longestWaitMs = 15_000;
/** "Connect again later" needs a later that is worth the name. */
const crowdedWaitMs = 5_000;

/** Of this side alone, never on the wire: the gateway will not let a session begin before somebody has signed in. */
export const signInNeeded = 4998;

type LinkStep = readonly [Link, readonly LinkEffect[]];

export function lose(link: Link, { code, atMs, random }: SessionEventOf<"socket-closed">): LinkStep {
  if (link.kind === "asleep" || link.kind === "stopped" || link.kind === "signed-out") return [link, []];
  switch (code) {
    case CloseCode.IDLE:
      return [{ kind: "asleep" }, []];
    case CloseCode.BAD_FRAMES:
      return [{ kind: "stopped" }, []];
    case signInNeeded:
      return [{ kind: "signed-out" }, []];
    default: {
      const attempt = link.kind === "open" ? 0 : link.attempt;
      // A gateway that stops has another one beside it, or a new one in a moment; what a session began with can be had anew:
      // no need to back off first.
      const isAtOnce = code === CloseCode.GOING_AWAY || code === CloseCode.UNAUTHENTICATED;
      const wait = isAtOnce && attempt === 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** attempt);
      const least = code === CloseCode.TOO_MANY_SESSIONS || code === CloseCode.TOO_FAST ? crowdedWaitMs : 0;
      const delayMs = Math.round(Math.max(least, wait / 2) + (random * Math.max(200, wait)) / 2);
      return [
        { kind: "waiting", attempt: attempt + 1, retryAtMs: atMs + delayMs },
        [{ kind: "timer", name: "reconnect", delayMs }],
      ];
    }
  }
}

/** Connects now, if it is not connected; the person, the timer or the operating system asks for it. */
export function reconnect(link: Link, byPerson: boolean): LinkStep {
  switch (link.kind) {
    case "waiting":
      return [{ kind: "connecting", attempt: link.attempt }, [{ kind: "connect" }]];
    case "asleep":
      return [{ kind: "connecting", attempt: 0 }, [{ kind: "connect" }]];
    case "stopped":
    case "signed-out":
      return byPerson ? [{ kind: "connecting", attempt: 0 }, [{ kind: "connect" }]] : [link, []];
    case "connecting":
    case "open":
      return [link, []];
  }
}

export function greet({ welcome }: Pick<SessionEventOf<"welcome">, "welcome">): Extract<Link, { kind: "open" }> {
  return {
    kind: "open",
    search: undefined,
    limits: {
      pictureBytes: welcome.maxImageBytes,
      picturePixels: welcome.maxImagePixels,
      waitingClicks: welcome.maxWaitingClicks,
      pictureUrls: welcome.pictureUrls,
    },
  };
}
