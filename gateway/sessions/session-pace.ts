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

interface SessionPace extends Pick<IntakeOptions, "frames" | "bytes" | "work"> {
  /** A frame has been read that is worth so many more than one. */
  onDearFrame(more: number): void;
}

/** F7: the pace of one session. @param ofCaller of all sessions that its caller has. */
export function sessionPace(options: SessionPaceOptions, ofCaller: Pace): SessionPace {
  const { framesPerSecond, frameBytesPerSecond, sessionWorkShare } = options;
  const bucket = (perSecond: number, seconds: number) => new TokenBucket({ perSecond, burst: perSecond * seconds });
  const frames = bucket(framesPerSecond, burstSeconds.frames);
  return {
    frames,
    bytes: bucket(frameBytesPerSecond, burstSeconds.bytes),
    work: [bucket(1000 * sessionWorkShare, burstSeconds.work), ofCaller],
    onDearFrame: (more) => {
      frames.spend(more);
      ofCaller.spend(more * followingWorkMs);
    },
  };
}
