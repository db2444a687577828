export { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Buckets in seconds that tell 1 ms from 2 ms and still reach a slow encode. */
export const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
