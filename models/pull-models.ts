import type { Manifest } from "../services/inference/models/manifest.js";
import { type PullProgress, pullModel } from "../services/inference/pull/pull-model.js";
import { ProgressMeter } from "./progress-meter.js";

interface PulledModel {
  model: string;
  /** The sources that were fetched now. */
  fetched: string[];
}

interface Screen {
  /** Lines can be written over: a person looks. */
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

interface PullOptions {
  readonly acceptsLicence: boolean;
  readonly signal: AbortSignal;
  readonly screen: Screen;
}

/** How often a log that nobody looks at is told. */
const logMs = 10_000;
const frameMs = 100;

/** Brings models here, one after the other, and shows how it goes. @throws as `pullModel`. */
export async function pullModels(
  manifest: Manifest,
  ids: readonly string[],
  options: PullOptions,
): Promise<PulledModel[]> {
  const { screen, ...pulling } = options;
  const pulled: PulledModel[] = [];
  // A name that is none is told before anything is fetched.
  for (const model of ids.map((id) => manifest.getAny(id))) {
    const onProgress = show(screen);
    try {
      pulled.push({ model: model.id, fetched: await pullModel(model, manifest, { ...pulling, onProgress }) });
    } finally {
      if (screen.isTTY) screen.write("\r\x1b[K");
    }
  }
  return pulled;
}

function show(screen: Screen): (progress: PullProgress) => void {
  const meter = new ProgressMeter();
  let shown = { source: "", atMs: Number.NEGATIVE_INFINITY };
  return (progress) => {
    const atMs = performance.now();
    const line = meter.line(progress, atMs);
    const { source, bytes, totalBytes } = progress;
    const isDue = atMs - shown.atMs >= (screen.isTTY ? frameMs : logMs);
    if (!isDue && source === shown.source && bytes !== totalBytes) return;
    shown = { source, atMs };
    screen.write(screen.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

export function pulledText(pulled: readonly PulledModel[]): string {
  return pulled
    .flatMap(({ model, fetched }) =>
      fetched.length === 0
        ? [`${model}: all of it is here already`]
        : [`${model}: fetched`, ...fetched.map((one) => `  ${one}`)],
    )
    .join("\n");
}
