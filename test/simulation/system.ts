import { mean, quantile } from "../bench/statistics.js";
import type { Calibration } from "./calibration.js";
import { Clock } from "./clock.js";
import { SimulatedDecoder } from "./decoder.js";
import { SimulatedEncoders } from "./encoders.js";
import { SimulatedGateway } from "./gateway.js";
import { Random } from "./random.js";
import { isOfAlbum, SimulatedSession } from "./session.js";
import { Station } from "./station.js";
import { type Habits, planVisit } from "./visit.js";

export interface Shape {
  readonly sessions: number;
  readonly gateways: number;
  readonly decoders: number;
  /** Of one decoder, on a core each. */
  readonly workers: number;
  readonly encoders: number;
  /** Of one encoder, for one picture. */
  readonly encodeMs: number;
  readonly decoderCacheBytes: number;
  /** What the shared cache can hand out. */
  readonly cacheBytesPerSecond: number;
  /** See `GatewayOptions.clientsHere`; false when left out. */
  readonly clientsOnGateway?: boolean;
}

/** Of the time since the beginning. */
export interface Part {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** From a moment on, until the next of its kind. */
export interface Pace {
  readonly fromMs: number;
  /** The decoders take so many times what they take on paper. */
  readonly slowness: number;
}

export interface Span {
  readonly seed: number;
  /** Before this nothing counts. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Instead of all of `measureMs` after `warmUpMs`: what counts of the time, in order. */
  readonly parts?: readonly Part[];
  /** In order; before the first, and when left out, the decoders are as fast as on paper. */
  readonly paces?: readonly Pace[];
  /** Another number: the same people with the same plans, and other draws of how long everything takes. */
  readonly draw?: number;
}

export interface Figures {
  /** Clicks that were meant in the span, and answers that came in it. */
  readonly offeredPerSecond: number;
  readonly answeredPerSecond: number;
  /** From the moment that was meant to the answer. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Of every click that was meant in the span, in no order. */
  readonly latenciesMs: readonly number[];
  /** Clicks that were refused and made again. */
  readonly refusals: number;
  /** What a warm click took of a decoder's core, on average, from the beginning to the end. */
  readonly warmClickMs: number;
  /** Share of their time that these worked. */
  readonly decoderUse: number;
  readonly gatewayUse: number;
  readonly encoderUse: number;
  /** Share of the decodes whose embedding was ready in the worker. */
  readonly warmShare: number;
  /** From the wish for a new picture until it is ready; 0 when there was none. */
  readonly encodeP95Ms: number;
  readonly cacheReadsPerSecond: number;
}

/** The defaults of the settings that the simulation knows. */
const defaults = { decoderQueue: 256, encoderQueue: 64, loadFactor: 1.25, decoderCacheBytes: 256 * 2 ** 20 };

/** So long after the end a click that was meant before may be answered; as where real people are measured. */
export const graceMs = 3000;

/** Streams of random numbers, apart from those of the sessions' plans. */
const streams = { decoders: 1_000_000, gateways: 2_000_000, perDraw: 10_000 };

/** Lets people work at a system of this shape. Pure: the same arguments give the same figures. */
export function simulate(shape: Shape, habits: Habits, calibration: Calibration, span: Span): Figures {
  const { seed, warmUpMs, draw = 0, paces = [] } = span;
  const { parts = [{ fromMs: warmUpMs, untilMs: warmUpMs + span.measureMs }] } = span;
  const clock = new Clock();
  const counts = (atMs: number) => parts.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs);
  const countedMs = parts.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  const randomOf = (stream: number, index: number) => new Random(seed, stream + draw * streams.perDraw + index);
  const { fetchMs, recordBytes } = calibration.decoder;
  const wire = new Station(clock, { servers: 1 });
  const wireMs = (1000 * recordBytes) / shape.cacheBytesPerSecond;
  let reads = 0;
  const fetch = (onDone: () => void) => {
    if (counts(clock.nowMs)) reads++;
    const arrived = () => clock.after(Math.max(0, fetchMs - wireMs), onDone);
    wire.offer({ urgent: true, serviceMs: () => wireMs, onDone: arrived });
  };
  const decoders = Array.from({ length: shape.decoders }, (_, index) => {
    const options = {
      workers: shape.workers,
      maxQueue: defaults.decoderQueue,
      cacheBytes: shape.decoderCacheBytes,
      slowness: (atMs: number) => paces.findLast(({ fromMs }) => fromMs <= atMs)?.slowness ?? 1,
    };
    return new SimulatedDecoder(clock, randomOf(streams.decoders, index), calibration.decoder, options, fetch);
  });
  const gateways = Array.from(
    { length: shape.gateways },
    (_, index) =>
      new SimulatedGateway(clock, randomOf(streams.gateways, index), decoders, calibration, {
        loadFactor: defaults.loadFactor,
        clientsHere: shape.clientsOnGateway === true,
      }),
  );
  const { encoders: count, encodeMs } = shape;
  const encoders = new SimulatedEncoders(clock, {
    encoders: count,
    encodeMs,
    maxQueue: defaults.encoderQueue,
    wasKnown: isOfAlbum,
  });

  const latencies: number[] = [];
  let answered = 0;
  let refusals = 0;
  let decodes = 0;
  let warm = 0;
  const watch = {
    onClick(intendedMs: number, latencyMs: number) {
      if (counts(clock.nowMs)) answered++;
      if (counts(intendedMs)) latencies.push(latencyMs);
    },
    onDecode(wasWarm: boolean) {
      if (!counts(clock.nowMs)) return;
      decodes++;
      if (wasWarm) warm++;
    },
    onRefused() {
      if (counts(clock.nowMs)) refusals++;
    },
  };
  const sessions = Array.from({ length: shape.sessions }, (_, index) => {
    const gateway = gateways[index % gateways.length] as SimulatedGateway;
    const visit = planVisit(new Random(seed, index), habits);
    return new SimulatedSession({ clock, gateway, encoders, visit, name: `new-${index}`, watch });
  });
  for (const session of sessions) session.begin();

  const stations = [decoders.map((one) => one.station), gateways.map((one) => one.station), [encoders.station]];
  const busyMs = () => stations.map((tier) => tier.reduce((sum, station) => sum + station.busyMs, 0));
  const servers = [shape.decoders * shape.workers, shape.gateways, shape.encoders];
  const use = servers.map(() => 0);
  const encodes: number[] = [];
  for (const { fromMs, untilMs } of parts) {
    clock.runUntil(fromMs);
    const before = busyMs();
    const encodedBefore = encoders.tookMs.length;
    clock.runUntil(untilMs);
    for (const [tier, ms] of busyMs().entries()) {
      (use[tier] as number) += (ms - (before[tier] as number)) / (countedMs * (servers[tier] as number));
    }
    encodes.push(...encoders.tookMs.slice(encodedBefore));
  }
  // Clicks that were meant in the last moments count by their answers, too.
  clock.runUntil(clock.nowMs + graceMs);
  // What nobody answered by then would be left out of the latencies, the longest of all.
  const late = sessions.flatMap((session) => session.unanswered(counts));
  const all = [...latencies, ...late];
  return {
    offeredPerSecond: (1000 * all.length) / countedMs,
    answeredPerSecond: (1000 * answered) / countedMs,
    meanMs: mean(all),
    p50Ms: quantile(all, 0.5),
    p95Ms: quantile(all, 0.95),
    p99Ms: quantile(all, 0.99),
    latenciesMs: all,
    refusals,
    warmClickMs: mean(decoders.flatMap((one) => one.warmClicksMs)),
    decoderUse: use[0] as number,
    gatewayUse: use[1] as number,
    encoderUse: use[2] as number,
    warmShare: decodes === 0 ? 1 : warm / decodes,
    encodeP95Ms: encodes.length === 0 ? 0 : quantile(encodes, 0.95),
    cacheReadsPerSecond: (1000 * reads) / countedMs,
  };
}
