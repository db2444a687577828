import { aged, type Progress } from "./encode-flights.js";

/** Progress as one encoder tells another through the lease of an encode. The time left goes on meanwhile. */
export function writeNews(progress: Progress, ageMs: number): string {
  return JSON.stringify(aged(progress, ageMs));
}

/** What is no news of this release says that another is at work, and nothing more. */
export function readNews(news: string | undefined): Progress & { elsewhere: true } {
  const { stage, position, etaMs } = parse(news);
  if (stage === "queued" && isCount(position) && isCount(etaMs)) return { stage, position, etaMs, elsewhere: true };
  return { stage: "encoding", elsewhere: true };
}

function parse(news = "{}"): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(news);
    return typeof found === "object" && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}

/** Fits the contract's uint32. */
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
