const MiB = 1024 * 1024;

/** A part of a process's memory: a cache, a budget, or what it cannot do without. */
export interface MemoryPart {
  /** With less it is of little use. */
  readonly leastBytes: number;
  /** More it cannot use. */
  readonly mostBytes: number;
  /** What a setting says instead. */
  readonly setBytes?: number | undefined;
}

/** By what the log calls them. */
export type MemoryParts<Name extends string = string> = Readonly<Record<Name, MemoryPart>>;

/** A part that takes the same however much is left. */
export function fixed(bytes: number, setBytes?: number): MemoryPart {
  const whole = Math.floor(bytes);
  return { leastBytes: whole, mostBytes: whole, setBytes };
}

/**
 * Sizes of a process's parts, so that all of them together fit into its memory where nothing is set: what is left over the
 * least of each is shared in proportion to the most that each can use.
 * @param parts all that the process has. @returns the bytes of one of them, or of a part like them that it does not have.
 */
export function planMemory(limitBytes: number, parts: MemoryParts): (part: MemoryPart) => number {
  const sum = (bytesOf: (part: MemoryPart) => number) =>
    Object.values(parts).reduce((total, part) => total + bytesOf(part), 0);
  const least = sum(({ leastBytes }) => leastBytes);
  const most = sum(({ mostBytes }) => mostBytes);
  const share = most > least ? Math.min(1, Math.max(0, (limitBytes - least) / (most - least))) : 1;
  return ({ leastBytes, mostBytes, setBytes }) => setBytes ?? Math.floor(leastBytes + share * (mostBytes - leastBytes));
}

/** What a process may take and what its parts come to, in bytes. */
export interface PlannedMemory {
  readonly limitBytes: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** What a process may take, part by part: for its log. */
export function describeMemory({ limitBytes, parts }: PlannedMemory) {
  const plannedBytes = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return {
    fits: plannedBytes <= limitBytes,
    limit: mebibytes(limitBytes),
    planned: mebibytes(plannedBytes),
    parts: Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [name, mebibytes(bytes)])),
  };
}

const mebibytes = (bytes: number) => `${bytes} (${Math.round(bytes / MiB)} MiB)`;
