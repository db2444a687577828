import type { Calibration } from "./calibration.js";
import { type Figures, type Shape, type Span, simulate } from "./system.js";
import type { Habits } from "./visit.js";

/** What is wanted, and of what it is made. */
export interface Demand {
  readonly habits: Habits;
  /** 95 % of the clicks must be answered within this. */
  readonly clickP95Ms: number;
  /** 95 % of the new pictures must be ready within this. */
  readonly encodeP95Ms: number;
  /** Of one decoder. */
  readonly workers: number;
  readonly decoderCacheBytes: number;
  readonly sessionsPerGateway: number;
  /** Decoders that share pictures, at the most: above this there are several cells, each with all tiers. */
  readonly cellDecoders: number;
  readonly cacheBytesPerSecond: number;
  readonly span: Span;
}

interface EncoderKind {
  /** One encoder's time for a picture. */
  readonly encodeMs: number;
}

interface Cell extends Pick<Shape, "sessions" | "gateways" | "decoders" | "encoders"> {
  readonly figures: Figures;
}

/** The simulated shape of a cell with so many sessions; each gateway has its share of them. */
function cellShape(
  sessions: number,
  decoders: number,
  encoders: number,
  { encodeMs }: EncoderKind,
  demand: Demand,
): Shape {
  const { workers, decoderCacheBytes, sessionsPerGateway, cacheBytesPerSecond } = demand;
  const gateways = Math.max(1, Math.ceil(sessions / sessionsPerGateway));
  return { sessions, gateways, decoders, workers, encoders, encodeMs, decoderCacheBytes, cacheBytesPerSecond };
}

/**
 * The most sessions that so many decoders serve well. Encoders are plenty: it is the decoders that are asked about.
 * @param grain as near as this share is near enough.
 */
export function mostSessions(decoders: number, demand: Demand, calibration: Calibration, grain = 0.02): number {
  const { habits, workers, clickP95Ms, span } = demand;
  const { promptMs } = calibration.decoder;
  const meanMs = promptMs.reduce((sum, ms) => sum + ms, 0) / promptMs.length;
  const cores = decoders * workers;
  const isGood = (sessions: number) => {
    const shape = cellShape(sessions, decoders, sessions, { encodeMs: calibration.encodeMs }, demand);
    return simulate(shape, habits, calibration, span).p95Ms <= clickP95Ms;
  };
  // More than all cores can do at once.
  let bad = Math.ceil((1.3 * cores * habits.thinkMs) / meanMs);
  let good = 0;
  while (bad - good > Math.max(1, grain * bad)) {
    const middle = Math.floor((good + bad) / 2);
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** The fewest encoders with which new pictures are ready in time, and how the cell then does. */
export function fewestEncoders(
  sessions: number,
  decoders: number,
  kind: EncoderKind,
  demand: Demand,
  calibration: Calibration,
): Cell {
  const { habits, encodeP95Ms, span } = demand;
  const run = (encoders: number): Cell => {
    const shape = cellShape(sessions, decoders, encoders, kind, demand);
    const { gateways } = shape;
    return { sessions, gateways, decoders, encoders, figures: simulate(shape, habits, calibration, span) };
  };
  let bad = 0;
  let enough = run(1);
  while (enough.figures.encodeP95Ms > encodeP95Ms) {
    bad = enough.encoders;
    if (bad > sessions) throw new Error(`no number of encoders has pictures ready within ${encodeP95Ms} ms`);
    enough = run(2 * bad);
  }
  while (enough.encoders - bad > 1) {
    const middle = run(Math.floor((enough.encoders + bad) / 2));
    if (middle.figures.encodeP95Ms > encodeP95Ms) bad = middle.encoders;
    else enough = middle;
  }
  return enough;
}

export interface Scaling {
  readonly decoders: number;
  readonly sessions: number;
  readonly sessionsPerCore: number;
}

/** How far a decoder's share depends on how many there are: 1, 2, 4 ... up to a cell. */
export function scalingOf(demand: Demand, calibration: Calibration): Scaling[] {
  const rows: Scaling[] = [];
  for (let decoders = 1; decoders <= demand.cellDecoders; decoders *= 2) {
    const sessions = mostSessions(decoders, demand, calibration);
    rows.push({ decoders, sessions, sessionsPerCore: sessions / (decoders * demand.workers) });
  }
  return rows;
}

export interface Plan {
  readonly cells: number;
  readonly cell: Cell;
}

/**
 * How many cells, and what is in each, for so many people at work at once.
 * @param spare capacity beyond what is needed, as a share: for what fails or is being replaced.
 */
export function planFor(
  active: number,
  scaling: readonly Scaling[],
  kind: EncoderKind,
  demand: Demand,
  calibration: Calibration,
  spare: number,
): Plan {
  const whole = scaling.at(-1);
  if (!whole) throw new Error("there is nothing to scale from");
  const wanted = active * (1 + spare);
  const cells = Math.max(1, Math.ceil(wanted / whole.sessions));
  // The smallest group that holds the people of a cell says how many sessions a core takes.
  const perCell = wanted / cells;
  const row = scaling.find(({ sessions }) => sessions >= perCell) ?? whole;
  // One more than one: a tier of a single process is down whenever that is replaced.
  const decoders = Math.max(2, Math.ceil(perCell / (row.sessionsPerCore * demand.workers)));
  const sessions = Math.ceil(active / cells);
  const cell = fewestEncoders(sessions, decoders, kind, demand, calibration);
  const encoders = Math.max(2, Math.ceil(cell.encoders * (1 + spare)));
  const gateways = Math.max(2, Math.ceil((sessions * (1 + spare)) / demand.sessionsPerGateway));
  return { cells, cell: { ...cell, encoders, gateways } };
}
