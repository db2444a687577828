import { setFlagsFromString } from "node:v8";

/*
 * Between two clicks a run of the model empties the processor's caches, and a click's own code runs once: V8, tuned for
 * hot loops, took hundreds of clicks to compile it and collected garbage every dozen of them. Measured on two cores: see
 * the suite `latency`. Nothing depends on these: a V8 that does not know one says so on standard error and goes on.
 */
const flags = [
  // Machine code from a function's first call on, and the optimising compiler after fewer.
  "--always-sparkplug",
  "--no-lazy-feedback-allocation",
  "--interrupt-budget=20000",
  // Every answer leaves a megabyte of buffers, which V8 counts against a heap of 13 MB in the workers and 26 MB here.
  "--heap-growing-percent=300",
];

/** Settings of the engine for this process and the workers that it starts from now on. */
export function tuneEngine(): void {
  for (const flag of flags) setFlagsFromString(flag);
}
