import type { Corners, Spot } from "../geometry/spot.js";
import { removeOffset } from "../state/grip.js";

const light = "rgb(255 255 255)";
const dark = "rgb(6 24 66 / 0.75)";
const pickedRadius = 14;
const crossRadius = 8.5;
const halfGrip = 3.5;

/** What can be taken hold of: the box's corners; the picked point with the cross that removes it. In CSS pixels. */
export function paintGrips(
  context: CanvasRenderingContext2D,
  { box, point }: { box: Corners | undefined; point: Spot | undefined },
): void {
  context.save();
  if (box !== undefined) {
    for (const x of [box.x0, box.x1]) for (const y of [box.y0, box.y1]) paintCorner(context, { x, y });
  }
  if (point !== undefined) {
    strokeTwice(context, () => context.arc(point.x, point.y, pickedRadius, 0, 2 * Math.PI));
    paintCross(context, { x: point.x + removeOffset.x, y: point.y + removeOffset.y });
  }
  context.restore();
}

function paintCorner(context: CanvasRenderingContext2D, { x, y }: Spot): void {
  context.fillStyle = light;
  context.strokeStyle = dark;
  context.lineWidth = 1;
  context.beginPath();
  context.rect(x - halfGrip, y - halfGrip, 2 * halfGrip, 2 * halfGrip);
  context.fill();
  context.stroke();
}

function paintCross(context: CanvasRenderingContext2D, { x, y }: Spot): void {
  context.fillStyle = "rgb(18 22 34)";
  context.strokeStyle = light;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, crossRadius, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.lineCap = "round";
  context.beginPath();
  for (const slope of [1, -1]) {
    context.moveTo(x - 3, y - 3 * slope);
    context.lineTo(x + 3, y + 3 * slope);
  }
  context.stroke();
}

/** Light on dark: seen on any picture. */
export function strokeTwice(context: CanvasRenderingContext2D, shape: () => void): void {
  for (const [width, style] of [
    [3.5, dark],
    [1.5, light],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    shape();
    context.stroke();
  }
}
