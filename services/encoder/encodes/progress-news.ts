import { aged, type Progress } from "./encode-flights.js";

/** Progress as one encoder tells another through the lease of an encode. The time left goes on meanwhile. */
export function writeNews(progress: Progress, ageMs: number): string {
  const now = aged(progress, ageMs);
  const { draft, ...told } = now;
  // As far as they are told.
  const bounded = told.stage === "queued" ? { ...told, etaMs: Math.min(told.etaMs, most.etaMs) } : told;
  // What it is of says the draft itself.
  return JSON.stringify(draft ? { ...bounded, draft: true } : bounded);
}

interface News {
  progress: Progress & { elsewhere: true };
  /** A draft should be there. */
  hasDraft: boolean;
}

/** What is no news of this release, or cannot be true, says that another is at work, and nothing more. */
export function readNews(news: string | undefined): News {
  const { stage, position, etaMs, draft } = parse(news);
  if (stage === "queued" && isUpTo(most.position, position) && isUpTo(most.etaMs, etaMs))
    return { progress: { stage, position, etaMs, elsewhere: true }, hasDraft: false };
  return { progress: { stage: "encoding", elsewhere: true }, hasDraft: draft === true };
}

function parse(news = "{}"): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(news);
    return typeof found === "object" && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}

/** Who can write to the cache can write anything, and people are shown it. No line is longer: its bound has a bound. */
const most = { position: 100_000, etaMs: 3_600_000 };

const isUpTo = (limit: number, value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= limit;
