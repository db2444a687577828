import { useEffect, useRef } from "preact/hooks";
import { colours } from "../../canvas/colouring.js";
import { type Stretch, stretchesOf } from "../state/lanes.js";
import type { FrameState, TrackedObject } from "../state/track.js";

const height = 18;
const hatchPx = 5;

interface LaneProps {
  readonly object: TrackedObject;
  readonly frames: number;
  readonly width: number;
}

/** How an object stands along the video: by form, and its colour says only whose lane it is. */
export function Lane({ object, frames, width }: LaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current === null) return;
    const context = sized(canvas.current, width);
    if (context === null) return;
    const pxAFrame = width / Math.max(1, frames);
    for (const stretch of stretchesOf(object, frames))
      paint(context, stretch, pxAFrame, colours[object.colour] ?? colours[0]);
  }, [object, frames, width]);
  return (
    <span aria-hidden="true">
      <canvas ref={canvas} class="lane" />
    </span>
  );
}

/** One form by itself, for the legend. */
export function LaneSample({ state }: { readonly state: FrameState }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current && sized(canvas.current, 22);
    if (context) paint(context, { state, first: 0, last: 0 }, 22, inkOf(context.canvas));
  }, [state]);
  return <canvas ref={canvas} class="lane-sample" />;
}

function sized(canvas: HTMLCanvasElement, width: number): CanvasRenderingContext2D | null {
  const density = globalThis.devicePixelRatio;
  canvas.width = Math.max(1, Math.round(width * density));
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context?.scale(density, density);
  return context;
}

const inkOf = (canvas: HTMLCanvasElement) => getComputedStyle(canvas).color;

function paint(
  context: CanvasRenderingContext2D,
  { state, first, last }: Stretch,
  pxAFrame: number,
  colour: string,
): void {
  const [x, width] = [first * pxAFrame, Math.max(1.5, (last - first + 1) * pxAFrame)];
  const ink = inkOf(context.canvas);
  context.save();
  context.fillStyle = colour;
  context.strokeStyle = colour;
  switch (state) {
    case "none":
      break;
    case "tracked":
      context.fillRect(x, 5, width, 8);
      break;
    case "accepted":
      context.fillRect(x, 5, width, 8);
      context.fillStyle = ink;
      context.fillRect(x, 13, width, 2);
      break;
    case "corrected":
      context.fillRect(x, 5, width, 8);
      diamond(context, x + width / 2, ink);
      break;
    case "unsure":
      context.beginPath();
      context.rect(x, 2, Math.max(width, 3), 14);
      context.clip();
      context.lineWidth = 2;
      context.strokeStyle = ink;
      context.beginPath();
      for (let at = x - height; at < x + width + height; at += hatchPx) {
        context.moveTo(at, height);
        context.lineTo(at + height, 0);
      }
      context.stroke();
      break;
    case "absent":
      context.fillRect(x, 8.5, width, 1.5);
      break;
    case "outdated":
      context.lineWidth = 3;
      context.setLineDash([2, 4]);
      context.beginPath();
      context.moveTo(x, 9);
      context.lineTo(x + width, 9);
      context.stroke();
      break;
  }
  context.restore();
}

function diamond(context: CanvasRenderingContext2D, x: number, ink: string): void {
  context.fillStyle = ink;
  context.beginPath();
  context.moveTo(x, 1);
  context.lineTo(x + 6, 9);
  context.lineTo(x, 17);
  context.lineTo(x - 6, 9);
  context.fill();
}
