import type { Structure } from "./structure.js";

/** The structure for a person: rooms with what they import, then what is wrong. */
export function describeStructure(structure: Structure): string {
  const width = Math.max(...structure.rooms.map(({ path }) => path.length));
  const rooms = structure.rooms.map(({ path, files, lines, testLines }) => {
    const size = `${path.padEnd(width)}  ${String(files).padStart(4)} files ${String(lines).padStart(6)} lines`;
    return [
      testLines === 0 || testLines === lines ? size : `${size} (${testLines} of tests)`,
      ...arrowsFrom(path),
    ].join("\n");
  });
  function arrowsFrom(path: string): string[] {
    return structure.arrows
      .filter(({ from }) => from === path)
      .map(({ to, imports }) => `    -> ${to}${imports > 1 ? ` x${imports}` : ""}`);
  }
  const list = (title: string, all: readonly string[]) => [
    `${title}: ${all.length}`,
    ...all.map((one) => `    ${one}`),
  ];
  const { fileCycles, roomCycles, backUp } = structure;
  return [
    ...rooms,
    "",
    ...list(
      "rings of files",
      fileCycles.map((ring) => ring.join(", ")),
    ),
    ...list(
      "rings of folders",
      roomCycles.map((ring) => ring.join(", ")),
    ),
    ...list(
      "arrows back up",
      backUp.map(({ from, to }) => `${from} -> ${to}`),
    ),
  ].join("\n");
}
