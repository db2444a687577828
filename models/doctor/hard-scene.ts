import { type Drawing, knownScene } from "./known-scene.js";

/**
 * Scenes that a model finds its way in when it gets them as it was trained, and not much longer: faint, noisy, far from square.
 * On clear ones it does as well with values on another scale, or squeezed.
 */
const hardScenes = [
  { width: 641, height: 427, contrast: 0.06, noise: 2 },
  { width: 201, height: 803, contrast: 0.2, noise: 20 },
  { width: 907, height: 211, contrast: 0.2, noise: 20 },
] as const;

/** Of the ground. */
const grey = 150;

/** As `knownScene`, the same ones every time. */
export function hardKnownScenes(): ReturnType<typeof knownScene>[] {
  let state = 1;
  // The generator of Numerical Recipes, 7.1; the sum of six is nearly a normal distribution's.
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const spread = () => random() + random() + random() + random() + random() + random() - 3;
  return hardScenes.map(({ width, height, contrast, noise }) => {
    const { drawing, objects } = knownScene(width, height);
    const faint = (value: number) => Math.round(grey + contrast * (value - grey) + noise * spread());
    const data = Uint8Array.from(drawing.data, (value) => Math.min(255, Math.max(0, faint(value))));
    return { drawing: { width, height, data } satisfies Drawing, objects };
  });
}
