import type { Frame } from "../../sam/frame.js";
import type { PointFeatures } from "./decoder-tasks.js";

/**
 * The embedding at some points, bilinear between its cells, each vector scaled to length 1: how alike two points look to
 * the model is then the product of their vectors.
 * @param embedding its values float32 [1, channels, side, side], over the model's frame.
 * @param points pixels of the upright picture.
 * @returns float32 [points, channels].
 */
export function pointFeatures(
  { values: embedding, side }: { values: Float32Array; side: number },
  frame: Frame,
  points: { x: number; y: number }[],
): PointFeatures {
  const channels = embedding.length / (side * side);
  const cell = frame.modelSize / side;
  const features = new Float32Array(points.length * channels);
  for (const [index, { x, y }] of points.entries()) {
    const [left, right] = between((x / frame.pictureWidth) * (frame.contentWidth / cell) - 0.5, side);
    const [top, bottom] = between((y / frame.pictureHeight) * (frame.contentHeight / cell) - 0.5, side);
    const vector = features.subarray(index * channels, (index + 1) * channels);
    let squares = 0;
    for (let channel = 0; channel < channels; channel++) {
      const plane = channel * side * side;
      const row = (at: number) =>
        (embedding[plane + at * side + left.cell] as number) * left.weight +
        (embedding[plane + at * side + right.cell] as number) * right.weight;
      const value = row(top.cell) * top.weight + row(bottom.cell) * bottom.weight;
      vector[channel] = value;
      squares += value * value;
    }
    const length = Math.sqrt(squares) || 1;
    for (let channel = 0; channel < channels; channel++) vector[channel] = (vector[channel] as number) / length;
  }
  return features;
}

type Neighbour = { cell: number; weight: number };

function between(place: number, side: number): [Neighbour, Neighbour] {
  const clamped = Math.min(Math.max(place, 0), side - 1);
  const cell = Math.min(Math.floor(clamped), side - 2);
  const weight = clamped - cell;
  return [
    { cell, weight: 1 - weight },
    { cell: cell + 1, weight },
  ];
}
