/** What the hand on the canvas holds. */
export const tools = ["click", "box", "brush", "lasso", "hand"] as const;
export type Tool = (typeof tools)[number];

export function isTool(name: string): name is Tool {
  return (tools as readonly string[]).includes(name);
}

/** Diameters in CSS pixels: on the screen, so that looking closer paints finer. */
export const brushSize = { least: 6, most: 160, first: 36 } as const;
const sizeStep = 1.25;

export function stepBrushSize(size: number, by: 1 | -1): number {
  const next = Math.round(by > 0 ? size * sizeStep : size / sizeStep);
  return Math.min(brushSize.most, Math.max(brushSize.least, next));
}

/** A pen that is leant on paints wider; half pressure, which a mouse always has, is the chosen size. */
export function pressedRadius(size: number, pointerType: string, pressure: number): number {
  const share = pointerType === "pen" && pressure > 0 ? 0.3 + 1.4 * pressure : 1;
  return (size / 2) * share;
}
