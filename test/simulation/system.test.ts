import { describe, expect, it } from "vitest";
import type { Calibration } from "./calibration.js";
import { Clock } from "./clock.js";
import { meanWaitMany, meanWaitSingle } from "./closed-forms.js";
import { SimulatedEncoders } from "./encoders.js";
import { type Shape, type Span, simulate } from "./system.js";
import type { Habits } from "./visit.js";

const MiB = 2 ** 20;

/** Figures that are easy to reckon with: nothing but the decode takes time. */
const calibration: Calibration = {
  source: { command: "made up", date: "", machine: {}, elsewhere: 0 },
  decoder: {
    promptMs: [20, 20],
    freePromptMs: [20, 20],
    previewSavesMs: 0,
    prepareMs: [1e-6, 1e-6],
    fetchMs: 1e-6,
    preparedBytes: 10 * MiB,
    recordBytes: 2 * MiB,
  },
  gatewayMs: 1e-6,
  clientMs: 0,
  transportMs: [0, 0],
  encodeMs: 1000,
};
const habits: Habits = {
  thinkMs: 4000,
  thinkSigma: 0.8,
  hoversPerClick: 0,
  hoverEveryMs: 150,
  clicksPerPicture: 1e9,
  newShare: 0,
  albumSize: 100_000,
};
const shape: Shape = {
  sessions: 140,
  gateways: 1,
  decoders: 1,
  workers: 1,
  encoders: 1,
  encodeMs: 1000,
  // Of more pictures than are ever open.
  decoderCacheBytes: 1e11,
  cacheBytesPerSecond: 1e15,
};
const span: Span = { seed: 1, warmUpMs: 20_000, measureMs: 400_000 };

interface Changes {
  shape?: Partial<Shape>;
  habits?: Partial<Habits>;
  calibration?: Partial<Calibration>;
  span?: Partial<Span>;
}
// A visit's plan has all of its picture's clicks: pictures of a few hundred at the most.
const run = (changes: Changes = {}) =>
  simulate(
    { ...shape, ...changes.shape },
    { ...habits, clicksPerPicture: 400, ...changes.habits },
    { ...calibration, ...changes.calibration },
    { ...span, ...changes.span },
  );

const close = (value: number, expected: number, share: number) =>
  expect(Math.abs(value / expected - 1), `${value} for ${expected}`).toBeLessThan(share);

describe("a simulated system", () => {
  it("gives the same figures for the same seed, and others for another", () => {
    const short = { measureMs: 60_000 };
    expect(run({ span: short })).toEqual(run({ span: short }));
    expect(run({ span: { ...short, seed: 2 } })).not.toEqual(run({ span: short }));
  });

  it("answers a lone person after the way and the decode, and nothing else", () => {
    const slow = { transportMs: [4, 4], clientMs: 2, gatewayMs: 2 };
    const { p50Ms, meanMs, p99Ms, refusals } = run({ shape: { sessions: 1 }, calibration: slow });
    expect([p50Ms, refusals]).toEqual([expect.closeTo(28, 5), 0]);
    expect(meanMs).toBeLessThan(28.5);
    expect(p99Ms).toBeLessThan(50);
  });

  it("takes longer for what finds the worker free, where that was measured, and less for previews", () => {
    const times = { decoder: { ...calibration.decoder, freePromptMs: [30, 30], previewSavesMs: 5 } };
    expect(run({ shape: { sessions: 1 }, calibration: times }).p50Ms).toBeCloseTo(30, 5);
    const busy = { shape: { sessions: 400 }, calibration: times, span: { measureMs: 60_000 } };
    close(run(busy).answeredPerSecond, 50, 0.03);
    const [clicks, both] = [0, 1].map((hoversPerClick) =>
      run({ shape: { sessions: 20 }, calibration: times, habits: { hoversPerClick } }),
    );
    // As many previews as clicks nearly, each of 25 ms where a click takes 30.
    close((both?.decoderUse ?? 0) / (clicks?.decoderUse ?? 1), 1 + 25 / 30, 0.06);
  });

  it("counts what lies in the given parts of the time, and the same as without them where they are all of it", () => {
    const whole = run({ span: { warmUpMs: 20_000, measureMs: 60_000 } });
    const halves = [
      { fromMs: 20_000, untilMs: 50_000 },
      { fromMs: 50_000, untilMs: 80_000 },
    ];
    const both = run({ span: { parts: halves } });
    const figures = ["offeredPerSecond", "answeredPerSecond", "meanMs", "p95Ms", "warmShare"] as const;
    for (const figure of figures) expect(both[figure], figure).toBe(whole[figure]);
    expect(both.decoderUse).toBeCloseTo(whole.decoderUse, 9);
    const [first, second] = halves.map((part) => run({ span: { parts: [part] } }));
    const mean = ((first?.answeredPerSecond ?? 0) + (second?.answeredPerSecond ?? 0)) / 2;
    expect(mean).toBeCloseTo(whole.answeredPerSecond, 9);
  });

  it("draws other times for the same people", () => {
    const spread = { decoder: { ...calibration.decoder, promptMs: [10, 30], freePromptMs: [10, 30] } };
    const [one, other] = [0, 1].map((draw) => run({ calibration: spread, span: { measureMs: 60_000, draw } }));
    expect(other?.offeredPerSecond).toBe(one?.offeredPerSecond);
    expect(other?.p95Ms).not.toBe(one?.p95Ms);
    close(other?.meanMs ?? 0, one?.meanMs ?? 0, 0.25);
  });

  it("follows the pace of a machine that is slower for a while, and of no other time", () => {
    const paces = [
      { fromMs: 20_000, slowness: 2 },
      { fromMs: 60_000, slowness: 1 },
    ];
    const part = (fromMs: number) =>
      run({ shape: { sessions: 60 }, span: { paces, parts: [{ fromMs, untilMs: fromMs + 35_000 }] } });
    const [slow, after] = [part(22_000), part(62_000)];
    close(slow.decoderUse / slow.answeredPerSecond, 0.04, 0.02);
    close(after.decoderUse / after.answeredPerSecond, 0.02, 0.02);
    expect(slow.meanMs).toBeGreaterThan(40);
  });

  it("has clients on the gateway's core wait for it, and others not", () => {
    const slow = { gatewayMs: 8, clientMs: 8 };
    const at = (clientsOnGateway: boolean) => run({ shape: { clientsOnGateway }, calibration: slow });
    close(at(true).gatewayUse, 2 * at(false).gatewayUse, 0.01);
    expect(at(true).meanMs).toBeGreaterThan(at(false).meanMs);
  });

  it("waits as M/D/1 says where many people share one decoder", () => {
    const { answeredPerSecond, offeredPerSecond, meanMs, decoderUse } = run();
    close(offeredPerSecond, 140 / 4, 0.03);
    close(answeredPerSecond, offeredPerSecond, 0.01);
    close(decoderUse, answeredPerSecond * 0.02, 0.02);
    close(meanMs, 20 + meanWaitSingle(answeredPerSecond / 1000, 20, 0), 0.08);
  });

  it("lies between one queue for all decoders and one each, since affinity yields to load", () => {
    const { meanMs, answeredPerSecond } = run({
      shape: { decoders: 8, sessions: 8 * 140 },
      span: { measureMs: 120_000 },
    });
    const rate = answeredPerSecond / 1000;
    // Of fixed service: half of the waits with an exponential one.
    expect(meanMs).toBeGreaterThan(20 + meanWaitMany(rate, 20, 8) / 2);
    expect(meanMs).toBeLessThan(20 + meanWaitSingle(rate / 8, 20, 0) * 1.5);
  });

  it("has two workers share what one queue brings", () => {
    const { meanMs, answeredPerSecond } = run({ shape: { workers: 2, sessions: 280 } });
    // Of fixed service, nearly half of M/M/2's wait.
    close(meanMs - 20, meanWaitMany(answeredPerSecond / 1000, 20, 2) / 2, 0.15);
  });

  it("answers no more than the decoder can and refuses the rest at the door, losing none", () => {
    const { answeredPerSecond, refusals, decoderUse, offeredPerSecond, p95Ms } = run({
      shape: { sessions: 400 },
      span: { measureMs: 120_000 },
    });
    close(answeredPerSecond, 50, 0.03);
    expect(offeredPerSecond).toBeGreaterThan(70);
    expect(decoderUse).toBeGreaterThan(0.99);
    expect(refusals).toBeGreaterThan(0);
    expect(p95Ms).toBeGreaterThan(1000);
  });

  it("keeps clicks before previews", () => {
    const few = { habits: { hoversPerClick: 2 }, shape: { sessions: 70 }, span: { measureMs: 100_000 } };
    const all = { habits: {}, shape: { sessions: 210 }, span: { measureMs: 100_000 } };
    const [withPreviews, withoutPriority] = [run(few), run(all)];
    // As much work for the decoder, a third of it urgent.
    close(withPreviews.decoderUse, withoutPriority.decoderUse, 0.1);
    expect(withPreviews.p95Ms).toBeLessThan(withoutPriority.p95Ms);
  });

  it("has no click wait for its own preview behind the clicks of others", () => {
    // The decoder can answer all the clicks, and hardly any preview with them.
    const { p95Ms, answeredPerSecond, offeredPerSecond } = run({
      habits: { hoversPerClick: 4 },
      shape: { sessions: 160 },
      span: { measureMs: 100_000 },
    });
    close(answeredPerSecond, offeredPerSecond, 0.02);
    expect(p95Ms).toBeLessThan(200);
  });

  it("finds pictures warm as long as the worker has room for those of all its sessions", () => {
    const pictures = { calibration: { decoder: { ...calibration.decoder, prepareMs: [10, 10] } } };
    const roomFor = (count: number) => ({ shape: { decoderCacheBytes: count * 10 * MiB, sessions: 60 }, ...pictures });
    expect(run(roomFor(120)).warmShare).toBeGreaterThan(0.99);
    const crowded = run(roomFor(30));
    // Least recently used of 60 that are used alike: about as many are found as there is room for.
    close(crowded.warmShare, 0.5, 0.25);
    expect(crowded.decoderUse).toBeGreaterThan(run(roomFor(120)).decoderUse * 1.15);
  });

  it("encodes each new picture once and leaves the others to the cache", () => {
    const people = { sessions: 60, encoders: 2 };
    const { encoderUse, encodeP95Ms, cacheReadsPerSecond } = run({
      shape: people,
      habits: { clicksPerPicture: 20, newShare: 0.5 },
    });
    // A picture every 20 clicks and a pause, half of them new, a second each, two encoders.
    const openedPerSecond = 60 / (4 * 21);
    close(encoderUse, (openedPerSecond * 0.5) / 2, 0.12);
    expect(encodeP95Ms).toBeGreaterThanOrEqual(1000);
    close(cacheReadsPerSecond, openedPerSecond, 0.12);
  });
});

describe("simulated encoders", () => {
  it("encode a picture once for all who ask for it meanwhile", () => {
    const clock = new Clock();
    const encoders = new SimulatedEncoders(clock, { encoders: 2, encodeMs: 100, maxQueue: 64 });
    const readyAt: number[] = [];
    const ask = () => encoders.open("a", () => readyAt.push(clock.nowMs));
    expect(ask()).toBe(false);
    clock.after(40, ask);
    clock.after(150, ask);
    clock.runUntil(1000);
    expect(readyAt).toEqual([100, 100, 150]);
    expect([encoders.tookMs, encoders.station.busyMs]).toEqual([[100], 100]);
  });

  it("refuse what is over their queue, and take it when it is sent again", () => {
    const clock = new Clock();
    const encoders = new SimulatedEncoders(clock, { encoders: 1, encodeMs: 100, maxQueue: 1 });
    let ready = 0;
    for (const picture of ["a", "b", "c"]) encoders.open(picture, () => ready++);
    expect(encoders.refused).toBe(1);
    clock.runUntil(10_000);
    expect(ready).toBe(3);
    expect(encoders.tookMs).toEqual([100, 200, 1100]);
  });
});
