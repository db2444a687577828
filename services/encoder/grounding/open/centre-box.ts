/** Shares of what was looked at: middle and size, as detection transformers give boxes. */
type CentreBox = readonly [x: number, y: number, width: number, height: number];

/** Corners, within the picture. @param scale how many pictures wide and high that is what was looked at. */
export function cornersOfBox([x, y, width, height]: CentreBox, scale = { x: 1, y: 1 }) {
  const share = (value: number) => Math.min(Math.max(value, 0), 1);
  return {
    x0: share((x - width / 2) * scale.x),
    y0: share((y - height / 2) * scale.y),
    x1: share((x + width / 2) * scale.x),
    y1: share((y + height / 2) * scale.y),
  };
}

export const centreBoxAt = (data: ArrayLike<number>, at: number): CentreBox => [
  data[4 * at] as number,
  data[4 * at + 1] as number,
  data[4 * at + 2] as number,
  data[4 * at + 3] as number,
];

export const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
