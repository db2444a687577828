import { Code, overloaded, ServiceError } from "../../../services/runtime/errors.js";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import { ByteBudget } from "../../../services/runtime/limits/byte-budget.js";
import { type Holder, holderOf, Shares, tenantOf } from "../../../services/runtime/limits/shares.js";
import type { Asked } from "../shared/adapter.js";
import type { DecodedFile } from "../shared/base64-bytes.js";
import type { PropagationTask } from "./propagation-task.js";
import { VideoSession } from "./video-session.js";

interface VideoSessionsOptions {
  /** Of all of them. */
  limitBytes: number;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
}

/** Silence before one is ended: as long as in the tool's own server. */
const idleMs = 1_800_000;
const mostSessions = 32;
export const retryAfterMs = 5000;

/** The videos that this gateway keeps for X-AnyLabeling: their frames' files, and what was shown on them. */
export class VideoSessions {
  readonly #options: VideoSessionsOptions;
  readonly #budget: ByteBudget;
  readonly #bytes: Shares;
  readonly #places = new Shares(mostSessions);
  /** The one that was used last stands last. */
  readonly #sessions = new Map<string, { session: VideoSession; idle: NodeJS.Timeout; leave(): void }>();

  constructor(options: VideoSessionsOptions) {
    const { limitBytes, metrics } = options;
    this.#options = options;
    this.#budget = new ByteBudget({ name: "adapter-videos", limitBytes, refusal: full, retryAfterMs });
    this.#bytes = new Shares(limitBytes);
    metrics.watchBudget(this.#budget);
  }

  /** Who finds no room ends the video that it has not used for longest. @throws ServiceError RESOURCE_EXHAUSTED when that is not enough. */
  begin(files: readonly DecodedFile[], { start, model }: { start: number; model: string }, asked: Asked): VideoSession {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const { limitBytes } = this.#budget;
    if (bytes > limitBytes) {
      const message = `The video's files have ${bytes} bytes, and ${limitBytes} are kept here of all; send fewer frames at once.`;
      throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE", message });
    }
    const who = ownerOf(asked);
    const resting = [...this.#sessions.values()]
      .map(({ session }) => session)
      .filter(
        (session) =>
          tenantOf(session.who) === tenantOf(who) && session.who.caller === who.caller && !session.isFollowed,
      );
    // Where others have it all, none of its own is ended for nothing.
    if (!this.#budget.hasRoom(bytes - resting.reduce((sum, session) => sum + session.bytes, 0)))
      throw this.#refusal("full");
    for (let lacking = this.#lacking(who, bytes); lacking; lacking = this.#lacking(who, bytes)) {
      const oldest = resting.shift();
      if (!oldest) throw this.#refusal(lacking);
      this.#end(oldest);
    }
    const held = this.#budget.hold(bytes);
    const session = new VideoSession(files, { who, start, model, held });
    const leaving = [this.#places.take(who), this.#bytes.take(who, bytes), () => held.release()];
    const idle = setTimeout(() => this.#whenIdle(session), idleMs).unref();
    const leave = () => {
      for (const one of leaving) one();
    };
    this.#sessions.set(session.id, { session, idle, leave });
    return session;
  }

  /** @throws ServiceError NOT_FOUND for none of this caller's tenant. */
  find(id: string, asked: Asked): VideoSession {
    const found = this.#sessions.get(id);
    if (!found || tenantOf(found.session.who) !== tenantOf(ownerOf(asked))) throw noSession(id);
    this.#use(found.session);
    return found.session;
  }

  /** @throws ServiceError NOT_FOUND */
  taskOf(id: string, asked: Asked): PropagationTask {
    const own = tenantOf(ownerOf(asked));
    for (const { session } of this.#sessions.values()) {
      if (session.task?.id !== id || tenantOf(session.who) !== own) continue;
      this.#use(session);
      return session.task;
    }
    throw new ServiceError({ code: Code.NOT_FOUND, message: `There is no task "${id.slice(0, 80)}" here.` });
  }

  /** @throws ServiceError NOT_FOUND */
  end(id: string, asked: Asked): void {
    this.#end(this.find(id, asked));
  }

  close(): void {
    for (const { session } of [...this.#sessions.values()]) this.#end(session);
  }

  #refusal(lacking: "full" | "share"): ServiceError {
    this.#options.metrics.limitHit(lacking === "full" ? "tracks" : "tracks_share");
    return overloaded(
      lacking === "full" ? full : "You have too many videos open; close one, or try again.",
      retryAfterMs,
    );
  }

  #lacking(who: Holder, bytes: number): "full" | "share" | undefined {
    if (!this.#budget.hasRoom(bytes)) return "full";
    return this.#places.refusal(who) ?? this.#bytes.refusal(who, bytes);
  }

  #use(session: VideoSession): void {
    const found = this.#sessions.get(session.id);
    if (!found) return;
    found.idle.refresh();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, found);
  }

  #whenIdle(session: VideoSession): void {
    if (session.isFollowed) this.#use(session);
    else this.#end(session);
  }

  #end(session: VideoSession): void {
    const found = this.#sessions.get(session.id);
    if (!found) return;
    this.#sessions.delete(session.id);
    clearTimeout(found.idle);
    session.end();
    found.leave();
  }
}

const full = "Too many videos are kept here at the moment; try again in a while.";

const ownerOf = ({ call }: Asked): Holder => holderOf(call.origin ?? {});

const noSession = (id: string) =>
  new ServiceError({
    code: Code.NOT_FOUND,
    message: `The video "${id.slice(0, 80)}" is not kept here any more; send its frames again.`,
  });
