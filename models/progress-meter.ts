import type { PullProgress } from "../services/inference/pull/pull-model.js";

/** What the speed is the mean of, at least: where nothing came for longer, of that too. */
const spanMs = 5000;
const barCells = 20;

interface Sample {
  atMs: number;
  bytes: number;
}

/** How fast a file comes and how long it will take, in one line. */
export class ProgressMeter {
  #source = "";
  #samples: Sample[] = [];

  /** @param atMs when it was so: rising. */
  line({ source, bytes, totalBytes }: PullProgress, atMs: number): string {
    // What was there before is no speed; nor is a file that begins anew.
    if (source !== this.#source || bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#source = source;
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && atMs - this.#samples[1]!.atMs > spanMs) this.#samples.shift();
    const speed = this.#bytesPerSecond();
    const parts = [
      source.replace(/^.*[/:]/, ""),
      ...(totalBytes === undefined
        ? [megabytes(bytes)]
        : [bar(bytes / totalBytes), `${megabytes(bytes)} of ${megabytes(totalBytes)}`]),
      ...(speed > 0 ? [`${megabytes(speed)}/s`] : []),
      ...(speed > 0 && totalBytes !== undefined && bytes < totalBytes
        ? [`${duration((totalBytes - bytes) / speed)} left`]
        : []),
    ];
    return parts.join("  ");
  }

  #bytesPerSecond(): number {
    const [first, last] = [this.#samples[0]!, this.#samples.at(-1)!];
    return last.atMs > first.atMs ? (1000 * (last.bytes - first.bytes)) / (last.atMs - first.atMs) : 0;
  }
}

function bar(share: number): string {
  const full = Math.floor(share * barCells);
  return `${"█".repeat(full)}${"·".repeat(barCells - full)}  ${String(Math.floor(100 * share)).padStart(3)} %`;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
