import { TokenBucket } from "../../services/runtime/limits/token-bucket.js";
import type { IntakeOptions, Pace } from "./intake.js";

export interface SessionPaceOptions {
  framesPerSecond: number;
  frameBytesPerSecond: number;
  /** Of this thread's time, what one session may take. */
  sessionWorkShare: number;
}

/** What a session that was quiet may send at once: so many seconds of its rate. */
const burstSeconds = { frames: 3, bytes: 2, work: 2 };

/** What this thread does for a dear frame after it has been read, by each frame more that it is worth. */
const followingWorkMs = 1;

/** Where a principal has one: its frames, in all of its sessions. */
interface FrameLimit {
  /** @returns 0, or after how many milliseconds to ask again. */
  take(count: number): number;
  spend(count: number): void;
}

interface SessionPace extends Pick<IntakeOptions, "frames" | "bytes" | "work"> {
  /** A frame has been read that is worth so many more than one. */
  onDearFrame(more: number): void;
}

/** F7: the pace of one session. @param ofCaller of all sessions that its caller has. @param limit on the frames of all that its principal has (Q2). */
export function sessionPace(options: SessionPaceOptions, ofCaller: Pace, limit: FrameLimit): SessionPace {
  const { framesPerSecond, frameBytesPerSecond, sessionWorkShare } = options;
  const bucket = (perSecond: number, seconds: number) => new TokenBucket({ perSecond, burst: perSecond * seconds });
  const frames = bucket(framesPerSecond, burstSeconds.frames);
  return {
    frames: {
      take: (count = 1) => {
        const waitMs = frames.take(count);
        if (waitMs > 0) return waitMs;
        const quotaMs = limit.take(count);
        // Asked again later for both.
        if (quotaMs > 0) frames.spend(-count);
        return quotaMs;
      },
      spend: (count) => frames.spend(count),
      get isFull() {
        return frames.isFull;
      },
    },
    bytes: bucket(frameBytesPerSecond, burstSeconds.bytes),
    work: [bucket(1000 * sessionWorkShare, burstSeconds.work), ofCaller],
    onDearFrame: (more) => {
      frames.spend(more);
      limit.spend(more);
      ofCaller.spend(more * followingWorkMs);
    },
  };
}
