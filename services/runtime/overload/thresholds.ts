/** How hard pressed a process is, over about the last second. */
export interface Reading {
  /** 99th percentile of the event loop's delay. */
  readonly loopDelayMs: number;
  /** Resident memory as a share of what the process may take. */
  readonly memory: number;
  /** JavaScript heap that is alive, as a share of V8's limit. */
  readonly heap: number;
}

export type Monitor = keyof Reading;

/** Work that is refused at the door while its action is on. */
export const refusable = ["previews", "everything", "uploads", "sessions", "clicks"] as const;
export type Work = (typeof refusable)[number];
/**
 * What gives memory back before work is refused, and every how many readings: full collections and the kernel need some time to
 * show what a shrunken cache has given back.
 */
export const reliefs = { "shrink-caches": 5, "disconnect-idle": 1 } as const;
export type Relief = keyof typeof reliefs;
export type Action = Relief | `refuse-${Work}`;

/** An action begins at `begins` of a monitor, and ends below `ends` of all of its monitors. */
export interface Trigger {
  readonly monitor: Monitor;
  readonly begins: number;
  readonly ends: number;
}

export interface Threshold {
  readonly action: Action;
  readonly triggers: readonly Trigger[];
}

export interface OverloadSettings {
  /** Delay of the event loop from which work is refused, that which is missed least first. */
  readonly loopDelayMs: number;
  /** Share of the memory, or of the heap, from which caches are dropped and then work is refused. */
  readonly memoryShare: number;
}

/** Delays that the suites do not reach on two busy cores, and shares that leave the kernel some room. */
export const overloadDefaults: OverloadSettings = { loopDelayMs: 500, memoryShare: 0.85 };

/**
 * Times the least delay, and how far from the least share of memory to all of it. What a person waits for comes last; by
 * memory that which takes much of it goes first, and a preview takes next to none.
 */
const ladder: readonly { action: Action; delays?: number; memory: number }[] = [
  { action: "shrink-caches", memory: 0 },
  { action: "disconnect-idle", memory: 0.2 },
  { action: "refuse-previews", delays: 1, memory: 0.6 },
  { action: "refuse-everything", delays: 1.5, memory: 0.2 },
  { action: "refuse-uploads", delays: 2, memory: 0.4 },
  { action: "refuse-sessions", delays: 3, memory: 0.6 },
  { action: "refuse-clicks", delays: 4, memory: 0.8 },
];

/** Parts of a delay, and of all memory, by which a reading must fall before an action ends. */
const delayEnds = 0.5;
const memoryEnds = 0.03;

/** What is done from which reading on. */
export function thresholdsOf({ loopDelayMs, memoryShare }: OverloadSettings): Threshold[] {
  return ladder.map(({ action, delays, memory }) => {
    const begins = memoryShare + (1 - memoryShare) * memory;
    const ends = begins - memoryEnds;
    const delay =
      delays === undefined ? [] : [{ begins: loopDelayMs * delays, ends: loopDelayMs * delays * delayEnds }];
    return {
      action,
      triggers: [
        ...delay.map((marks) => ({ monitor: "loopDelayMs" as const, ...marks })),
        { monitor: "memory", begins, ends },
        { monitor: "heap", begins, ends },
      ],
    };
  });
}
