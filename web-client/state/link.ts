import { CloseCode } from "../../proto/index.js";
import { words } from "../words/words.js";
import type { Effect, EventOf } from "./event.js";
import type { Limits, Link, State } from "./state.js";

/**
 * What a lost connection leads to. The wait doubles up to a limit, and a random half of it keeps many pages from coming
 * back at the same moment after a restart of the gateway.
 */
const firstWaitMs = 400;
const longestWaitMs = 15_000;
/** "Connect again later" needs a later that is worth the name. */
const crowdedWaitMs = 5_000;

/** Of this page alone, never on the wire: the gateway will not let a session begin before somebody has signed in. */
export const signInNeeded = 4998;

type LinkStep = readonly [Link, readonly Effect[]];

export function lose(link: Link, { code, atMs, random }: EventOf<"socket-closed">): LinkStep {
  if (link.kind === "asleep" || link.kind === "stopped" || link.kind === "signed-out") return [link, []];
  switch (code) {
    case CloseCode.IDLE:
      return [{ kind: "asleep" }, []];
    case CloseCode.BAD_FRAMES:
      return [{ kind: "stopped", message: words.problems.misunderstood }, []];
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

export function greet({ welcome }: EventOf<"welcome">): { kind: "open"; limits: Limits; search: undefined } {
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

/** Somebody is here: a connection that sleeps is made again. One that backs off goes on doing so. */
export function wake(state: State, effects: readonly Effect[]): readonly [State, readonly Effect[]] {
  if (state.link.kind !== "asleep") return [state, effects];
  const [link, connect] = reconnect(state.link, false);
  return [{ ...state, link }, [...connect, ...effects]];
}
