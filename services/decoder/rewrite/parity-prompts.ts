/** A prompt for both graphs: coordinates are fractions of the model's input, labels as in the export. */
export interface ParityPrompt {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number, label: number])[];
  readonly withMask: boolean;
}

const pad = [0, 0, -1] as const;

/** One of every kind: each label, a pad and none, few and many tokens, with and without a mask. */
export const parityPrompts: readonly ParityPrompt[] = [
  { name: "point", points: [[0.31, 0.62, 1], pad], withMask: false },
  {
    name: "box",
    points: [
      [0.22, 0.17, 2],
      [0.71, 0.83, 3],
    ],
    withMask: false,
  },
  {
    name: "five points",
    points: [[0.12, 0.2, 1], [0.5, 0.5, 1], [0.81, 0.33, 0], [0.93, 0.91, 0], [0.4, 0.77, 1], pad],
    withMask: false,
  },
  { name: "point and mask", points: [[0.55, 0.45, 1], pad], withMask: true },
];

/** A reproducible source of numbers in [0, 1): the linear congruential generator of Numerical Recipes, 3rd ed., 7.1. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` normally distributed numbers of mean 0 (Box and Muller 1958). */
export function normal(count: number, deviation: number, random: () => number): Float32Array {
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return deviation * radius * Math.cos(2 * Math.PI * random());
  });
}

/** Logits of a disc with noise, `side` by `side`, as a refined mask prompt might look. */
export function discLogits(side: number, random: () => number): Float32Array {
  const noise = normal(side * side, 0.5, random);
  return noise.map((value, i) => {
    const distance = Math.hypot((i % side) / side - 0.55, Math.floor(i / side) / side - 0.45);
    return value + 40 * (0.25 - distance);
  });
}
