import type { Browser, Page } from "playwright-core";

/** The part of a Chromium trace event that is read here; `ts` in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly pid: number;
  readonly id2?: { readonly local?: string };
}

/** A frame with something new from the page's main thread in it, in milliseconds of one clock. */
export interface PresentedFrame {
  readonly pid: number;
  /** When the display asked for it; for a page that had been still, the tick before. */
  readonly begunMs: number;
  /** When the main thread had handed it over. */
  readonly committedMs: number;
  /** When it was on the screen, or where a headless browser has its screen. */
  readonly presentedMs: number;
}

interface Mark {
  readonly name: string;
  readonly pid: number;
  readonly atMs: number;
}

/** What Chromium itself has recorded: marks of `performance.mark` by name, and the frames that were presented. */
interface FrameTrace {
  readonly marks: readonly Mark[];
  /** In the order in which they were presented. */
  readonly frames: readonly PresentedFrame[];
}

const restMs = 200;

/** Records marks and frames of all pages of a browser while something is done. */
export async function traceFrames(browser: Browser, page: Page, act: () => Promise<void>): Promise<FrameTrace> {
  await browser.startTracing(page, { categories: ["-*", "benchmark", "blink.user_timing"] });
  let recorded: Buffer;
  try {
    await act();
    // What was drawn last is on its way to the screen, which a busy machine takes its time for.
    for (let frame = 0; frame < 4; frame++) await page.evaluate("new Promise(requestAnimationFrame)");
    await page.waitForTimeout(restMs);
  } finally {
    recorded = await browser.stopTracing();
  }
  return readTrace((JSON.parse(recorded.toString()) as { traceEvents: TraceEvent[] }).traceEvents);
}

/**
 * A frame's way through Chromium is a PipelineReporter with its stages, all of one id, which the next frame may have
 * again. Frames without a `Commit` are the compositor's own: spinners that turn, nothing that the page has drawn.
 */
export function readTrace(events: readonly TraceEvent[]): FrameTrace {
  const marks: Mark[] = [];
  const frames: PresentedFrame[] = [];
  const open = new Map<string, { begunMs: number; committedMs?: number; presentedMs?: number }>();
  for (const { name, ph, ts, pid, id2 } of events.toSorted((a, b) => a.ts - b.ts)) {
    const atMs = ts / 1000;
    if (ph === "I" || ph === "R") marks.push({ name, pid, atMs });
    if (id2?.local === undefined) continue;
    const id = `${pid} ${id2.local}`;
    if (name === "PipelineReporter" && ph === "b") open.set(id, { begunMs: atMs });
    const frame = open.get(id);
    if (frame === undefined) continue;
    if (name === "Commit" && ph === "b") frame.committedMs = atMs;
    if (name === "SubmitCompositorFrameToPresentationCompositorFrame" && ph === "e") frame.presentedMs = atMs;
    if (name !== "PipelineReporter" || ph !== "e") continue;
    open.delete(id);
    const { begunMs, committedMs, presentedMs } = frame;
    if (committedMs !== undefined && presentedMs !== undefined) frames.push({ pid, begunMs, committedMs, presentedMs });
  }
  return { marks, frames: frames.sort((a, b) => a.presentedMs - b.presentedMs) };
}

/** The first frame that has what was drawn at a mark. */
function frameOf({ frames }: FrameTrace, { pid, atMs }: Mark): PresentedFrame | undefined {
  const later = frames.filter((frame) => frame.pid === pid && frame.committedMs >= atMs);
  return later.sort((a, b) => a.committedMs - b.committedMs)[0];
}

/** From each mark of the first name to the presentation of what the next mark of the second name says was drawn. */
export function spans(trace: FrameTrace, from: string, drawn: string): Span[] {
  const begins = trace.marks.filter(({ name }) => name === from);
  return begins.map((begin, at) => {
    const next = begins[at + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const mark = trace.marks.find(({ name, atMs }) => name === drawn && atMs >= begin.atMs && atMs < next);
    const frame = mark && frameOf(trace, mark);
    if (mark === undefined || frame === undefined) throw new Error(`"${from}" without a frame that shows "${drawn}"`);
    const since = (ms: number) => ms - begin.atMs;
    return { begunMs: since(frame.begunMs), drawnMs: since(mark.atMs), presentedMs: since(frame.presentedMs) };
  });
}

export interface Span {
  /** To the tick of the display that the frame is for. */
  readonly begunMs: number;
  /** To the end of the script that draws it. */
  readonly drawnMs: number;
  /** To the screen. */
  readonly presentedMs: number;
}
