import { describe, expect, it } from "vitest";
import { type Calibration, readCalibration } from "./calibration.js";
import { billOf, newPicturesPerSecond } from "./cost.js";
import { type Demand, fewestEncoders, mostSessions, planFor, type Scaling } from "./sizing.js";

const MiB = 2 ** 20;
const calibration: Calibration = {
  source: { command: "made up", date: "", machine: {}, elsewhere: 0 },
  decoder: {
    promptMs: [20, 20],
    freePromptMs: [20, 20],
    previewSavesMs: 0,
    prepareMs: [5, 5],
    fetchMs: 2,
    preparedBytes: 10 * MiB,
    recordBytes: 2 * MiB,
  },
  gatewayMs: 0.5,
  clientMs: 0,
  transportMs: [1, 1],
  encodeMs: 1000,
};
const demand: Demand = {
  habits: {
    thinkMs: 1000,
    thinkSigma: 0.8,
    hoversPerClick: 0,
    hoverEveryMs: 150,
    clicksPerPicture: 20,
    newShare: 0.5,
    albumSize: 10_000,
  },
  clickP95Ms: 100,
  encodeP95Ms: 3000,
  workers: 1,
  decoderCacheBytes: 1e10,
  sessionsPerGateway: 100,
  cellDecoders: 4,
  cacheBytesPerSecond: 1e9,
  span: { seed: 1, warmUpMs: 5000, measureMs: 20_000 },
};

describe("the sessions of a decoder", () => {
  it("are fewer than its core could answer, and more when they may wait longer", () => {
    const most = mostSessions(1, demand, calibration);
    expect(most).toBeGreaterThan(20);
    expect(most).toBeLessThan(50);
    expect(mostSessions(1, { ...demand, clickP95Ms: 400 }, calibration)).toBeGreaterThan(most);
    expect(mostSessions(1, { ...demand, clickP95Ms: 10 }, calibration)).toBe(0);
  });

  it("grow with the decoders, each core serving no fewer", () => {
    const [one, four] = [1, 4].map((decoders) => mostSessions(decoders, demand, calibration)) as [number, number];
    expect(four).toBeGreaterThanOrEqual(3.6 * one);
  });
});

describe("the encoders", () => {
  it("are as many as the new pictures fill, and one fewer is too few", () => {
    const { encoders, figures } = fewestEncoders(100, 4, { encodeMs: 1000 }, demand, calibration);
    const load = newPicturesPerSecond(100, demand.habits);
    expect(encoders).toBeGreaterThan(load * 0.9);
    expect(encoders).toBeLessThan(load * 2.5 + 2);
    expect(figures.encodeP95Ms).toBeLessThanOrEqual(demand.encodeP95Ms);
  });

  it("are said to be impossible when a single encode takes longer than may be waited", () => {
    expect(() => fewestEncoders(5, 1, { encodeMs: 4000 }, demand, calibration)).toThrow(/within 3000 ms/);
  });
});

describe("a plan", () => {
  const scaling: Scaling[] = [
    { decoders: 1, sessions: 30, sessionsPerCore: 30 },
    { decoders: 4, sessions: 130, sessionsPerCore: 32.5 },
  ];
  const plan = (active: number) => planFor(active, scaling, { encodeMs: 1000 }, demand, calibration, 0.25);

  it("has two of each at the least, and whole cells above what one holds", () => {
    const small = plan(5);
    expect([small.cells, small.cell.decoders, small.cell.encoders, small.cell.gateways]).toEqual([1, 2, 2, 2]);
    const large = plan(10_000);
    expect(large.cells).toBe(Math.ceil(12_500 / 130));
    expect(large.cell.decoders).toBe(4);
    expect(large.cell.sessions * large.cells).toBeGreaterThanOrEqual(10_000);
  });

  it("costs the sum of its parts", () => {
    const hardware = { workers: 1, encoder: "gpu" as const, gatewayCores: 1 };
    const storage = { fileMiB: 3, overhead: 1.5, keptHours: 2 };
    const prices = { perCoreHour: 1, perGpuHour: 10, perGibHour: 0.1 };
    const found = plan(1000);
    const bill = billOf(found, 1000, demand.habits, calibration, hardware, storage, prices);
    const { cells, cell } = found;
    expect(bill.perHour.decoders).toBe(cells * cell.decoders);
    expect(bill.perHour.encoders).toBe(cells * cell.encoders * 10);
    // 1000 people, a picture every 21 s, half of them new, 2 h, (2 * 1.5 + 3) MiB.
    expect(bill.cacheGiB).toBeCloseTo(((1000 / 42) * 7200 * 6) / 1024, 6);
    expect(bill.cacheInMiBPerSecond).toBeCloseTo((1000 / 42) * 5, 6);
    const { gateways, decoders, encoders, cache, all } = bill.perHour;
    expect(all).toBeCloseTo(gateways + decoders + encoders + cache, 9);
  });
});

describe("the calibration", () => {
  it("is one that was measured, and says where", () => {
    const { source, decoder } = readCalibration();
    expect(source.command).toContain("bench -- load");
    expect(source.machine).toHaveProperty("cpu");
    expect(decoder.promptMs).toEqual([...decoder.promptMs].sort((a, b) => a - b));
  });
});
