import { setMaxListeners } from "node:events";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { holderOf, Shares } from "../../services/runtime/limits/shares.js";
import { TurnLine } from "../../services/runtime/limits/turn-line.js";
import type { AskCall } from "../ask/answer.js";
import { Video, type VideoDeps, type VideoOutlet } from "./video.js";
import { VideoBytes } from "./video-bytes.js";

export interface VideosOptions extends Pick<VideoDeps, "ask" | "memoryOf"> {
  /** For what is kept of all that are open. */
  limitBytes: number;
  /** Streams that are open at once, each with a video. */
  maxStreams: number;
  maxWaiting: number;
  /** For a frame, with all tries. */
  frameMs: number;
  quota: Pick<Quota, "holdSession">;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
}

/** Who has read nothing for so long has left without a word: what is made for him keeps others from theirs. */
const unreadMs = 60_000;
/** Until another is closed, or prompts are answered. */
const retryAfterMs = 1000;

/** Frames that are made at once, whoever's they are: a decoder has as many in line, and its own line is shared by A4. */
const framesAtOnce = 4;

/** What a video's own door knows of it. */
type VideoDoor = Pick<VideoDeps, "call" | "explain" | "holdWaiting">;

/** The videos that are open at this gateway, whichever way they came. */
export class Videos {
  readonly #options: VideosOptions;
  readonly #bytes: VideoBytes;
  readonly #turns = new TurnLine(framesAtOnce);
  readonly #streams: Shares;
  readonly #stopping = new AbortController();

  constructor(options: VideosOptions) {
    this.#options = options;
    // Every stream listens to it.
    setMaxListeners(0, this.#stopping.signal);
    this.#bytes = new VideoBytes(options.limitBytes, retryAfterMs);
    this.#streams = new Shares(options.maxStreams);
    options.metrics.watchBudget(this.#bytes.budget);
  }

  /** How far back a model looks, for who makes frames of a video that is kept elsewhere. */
  memoryOf(model: string): ReturnType<VideoDeps["memoryOf"]> {
    return this.#options.memoryOf(model);
  }

  /** For who makes frames of a video that is kept elsewhere (Y11). */
  get turns(): Pick<TurnLine, "enter"> {
    return this.#turns;
  }

  /** What a video needs of this gateway. It is to be made into one at once: its room is held. */
  depsFor(door: VideoDoor): VideoDeps {
    const { ask, frameMs, maxWaiting, memoryOf } = this.#options;
    const kept = this.#bytes.of(holderOf(door.call.origin ?? {}));
    const limits = { frameMs, unreadMs, maxWaiting, retryAfterMs };
    return { ...door, ask, turns: this.#turns, kept, limits, memoryOf };
  }

  open(outlet: VideoOutlet, door: VideoDoor): Video {
    return new Video(outlet, this.depsFor(door));
  }

  /**
   * A stream of its own for a video, which counts as a session.
   * @returns ends it. @throws ServiceError RESOURCE_EXHAUSTED; UNAVAILABLE while the gateway stops.
   */
  enterStream({ origin = {}, principal }: AskCall): () => void {
    const { metrics, quota } = this.#options;
    if (this.#stopping.signal.aborted) throw stopping();
    const who = holderOf(origin);
    const lacking = this.#streams.refusal(who);
    if (lacking) {
      metrics.limitHit(lacking === "full" ? "tracks" : "tracks_share");
      const message = lacking === "full" ? "Too many videos are open here" : "You have too many videos open";
      throw overloaded(`${message}; close one, or try again.`, retryAfterMs);
    }
    const leaveQuota = principal ? quota.holdSession(principal) : () => {};
    if (!leaveQuota) throw overloaded("Your limit of open sessions (sessions) is reached; close one.", retryAfterMs);
    const leave = this.#streams.take(who);
    return () => {
      leave();
      leaveQuota();
    };
  }

  /** Aborts when the gateway stops: streams end then, and are opened again at another one. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  stop(): void {
    this.#stopping.abort(stopping());
  }
}

export const stopping = () =>
  new ServiceError({
    code: Code.UNAVAILABLE,
    message: "The gateway is stopping; open the video again.",
    retryAfterMs,
  });
