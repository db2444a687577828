import { dirname } from "node:path/posix";
import type { SourceFile } from "./source-files.js";

/** A folder with files of its own: what the architecture is drawn in. */
interface Room {
  readonly path: string;
  readonly files: number;
  readonly lines: number;
  /** Of these, tests and their helpers. */
  readonly testLines: number;
}

/** The imports from one room into another. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly imports: number;
}

export interface Structure {
  readonly rooms: readonly Room[];
  readonly arrows: readonly Arrow[];
  /** Files that import each other in a ring, types included, each ring sorted. */
  readonly fileCycles: readonly (readonly string[])[];
  /** Rooms that import each other in a ring. */
  readonly roomCycles: readonly (readonly string[])[];
  /** Imports of a file in a folder above that itself leads into the importer's folder: a whole that its parts know. */
  readonly backUp: readonly { readonly from: string; readonly to: string }[];
}

const isTest = (path: string) => path.endsWith(".test.ts") || /(^|\/)testing\//.test(path) || path.startsWith("test/");

/** How the files hang together. Tests are counted and draw no arrows: they may look at anything. */
export function structureOf(files: readonly SourceFile[]): Structure {
  const shipped = files.filter(({ path }) => !isTest(path));
  const known = new Set(shipped.map(({ path }) => path));
  const imports = new Map(shipped.map(({ path, imports: all }) => [path, all.filter((one) => known.has(one))]));
  const arrows = arrowsOf(imports);
  const backUp = [...imports].flatMap(([from, all]) =>
    all
      .filter(
        (to) =>
          dirname(from) !== dirname(to) &&
          isWithin(from, dirname(to)) &&
          reaches(imports, to, (one) => isWithin(one, dirname(from))),
      )
      .map((to) => ({ from, to })),
  );
  const rooms = new Map<string, string[]>();
  for (const { from, to } of arrows) rooms.set(from, [...(rooms.get(from) ?? []), to]);
  return { rooms: roomsOf(files), arrows, fileCycles: cyclesOf(imports), roomCycles: cyclesOf(rooms), backUp };
}

/** In the folder or below it. */
const isWithin = (path: string, folder: string) => path.startsWith(`${folder}/`);

function reaches(
  imports: ReadonlyMap<string, readonly string[]>,
  from: string,
  isIt: (path: string) => boolean,
): boolean {
  const seen = new Set([from]);
  for (const one of seen) for (const next of imports.get(one) ?? []) seen.add(next);
  seen.delete(from);
  return [...seen].some(isIt);
}

function roomsOf(files: readonly SourceFile[]): Room[] {
  const rooms = new Map<string, { files: number; lines: number; testLines: number }>();
  for (const { path, lines } of files) {
    const room = rooms.get(dirname(path)) ?? { files: 0, lines: 0, testLines: 0 };
    room.files++;
    room.lines += lines;
    if (isTest(path)) room.testLines += lines;
    rooms.set(dirname(path), room);
  }
  return [...rooms].map(([path, room]) => ({ path, ...room })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function arrowsOf(imports: ReadonlyMap<string, readonly string[]>): Arrow[] {
  const counts = new Map<string, Arrow>();
  for (const [path, all] of imports) {
    for (const one of all) {
      const [from, to] = [dirname(path), dirname(one)];
      if (from === to) continue;
      const key = `${from} ${to}`;
      counts.set(key, { from, to, imports: (counts.get(key)?.imports ?? 0) + 1 });
    }
  }
  return [...counts.values()].sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}

/** Strongly connected components of more than one node (Tarjan 1972). */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const cycles: string[][] = [];
  const visit = (node: string): number => {
    order.set(node, order.size);
    low.set(node, order.get(node) as number);
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low.set(node, Math.min(low.get(node) as number, visit(next)));
      else if (onStack.has(next)) low.set(node, Math.min(low.get(node) as number, order.get(next) as number));
    }
    if (low.get(node) === order.get(node)) {
      const ring = stack.splice(stack.indexOf(node));
      for (const one of ring) onStack.delete(one);
      if (ring.length > 1) cycles.push(ring.sort());
    }
    return low.get(node) as number;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1));
}
