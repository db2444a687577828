import type { Corners, Spot } from "../geometry/spot.js";
import { placeOf, type Viewport } from "../geometry/viewport.js";
import type { Prompts } from "../sdk/session/prompts.js";
import type { FoundPicture } from "./found-layer.js";
import { steadyPath } from "./mask-path.js";
import { paintGrips } from "./paint-grips.js";
import type { PicturePyramid } from "./picture-pyramid.js";
import type { MaskLook, ShownMask } from "./shown-mask.js";

/** What is to be seen on the canvas. */
interface Scene {
  readonly picture: PicturePyramid;
  readonly viewport: Viewport;
  /** Device pixels per CSS pixel. */
  readonly density: number;
  /** Everything mode's masks, when they lie over the picture. */
  readonly found: FoundPicture | undefined;
  /** Paints the finished objects. */
  readonly objects: () => void;
  readonly mask: Pick<ShownMask, "mask" | "look" | "isDraft"> | undefined;
  /** Whether the inside of the mask is coloured and the rest darkened. */
  readonly fill: boolean;
  readonly prompts: Prompts;
  /** The point that is picked, to be moved or removed. */
  readonly picked: number | undefined;
  /** Prompts that are not answered yet look lighter. */
  readonly pending: boolean;
  /** The box being drawn, in CSS pixels. */
  readonly rubber: Corners | undefined;
  /** The keyboard's pointer, in pixels of the picture. */
  readonly cursor: Spot | undefined;
}

// Painted on pictures, so the same in both themes; light next to dark shows on any background.
const fill = "rgb(56 132 255)";
const edge = "rgb(255 255 255)";
const edgeShade = "rgb(6 24 66 / 0.55)";
const include = "rgb(22 163 92)";
const exclude = "rgb(224 49 72)";

export function paint(context: CanvasRenderingContext2D, scene: Scene): void {
  const { viewport, density } = scene;
  context.setTransform(density, 0, 0, density, 0, 0);
  scene.picture.draw(context, viewport, density);
  if (scene.found !== undefined) paintFound(context, scene.found, viewport);
  const path = scene.mask && steadyPath(scene.mask.mask, viewport);
  if (scene.fill && scene.mask !== undefined && path !== undefined) {
    paintAround(context, path, scene.mask.look, viewport);
  }
  // Over the ground that steps back, whose colours are grey.
  scene.objects();
  if (scene.mask !== undefined && path !== undefined) paintMask(context, path, scene.mask, scene.fill);
  const { points, box } = scene.prompts;
  if (box !== undefined) paintBox(context, boxOn(box, viewport), false);
  if (scene.rubber !== undefined) paintBox(context, scene.rubber, true);
  points.forEach((point, index) => {
    const latest = index === points.length - 1;
    paintPoint(context, placeOf(viewport, point), point.label, scene.pending && latest);
  });
  paintGrips(context, { box: box && boxOn(box, viewport), point: pickedPlace(scene) });
  if (scene.cursor !== undefined) paintCursor(context, placeOf(viewport, scene.cursor));
}

function pickedPlace({ prompts, picked, viewport }: Scene): Spot | undefined {
  const point = picked === undefined ? undefined : prompts.points[picked];
  return point && placeOf(viewport, point);
}

function paintFound(context: CanvasRenderingContext2D, { layer, view, lit }: FoundPicture, viewport: Viewport): void {
  const growth = viewport.scale / view.scale;
  const [x, y] = [view.left * growth - viewport.left, view.top * growth - viewport.top];
  context.drawImage(layer, x, y, view.width * growth, view.height * growth);
  if (lit === undefined) return;
  context.save();
  context.translate(-viewport.left, -viewport.top);
  context.globalAlpha = 0.35;
  context.fillStyle = lit.colour;
  context.fill(lit.path, "evenodd");
  context.globalAlpha = 1;
  context.lineJoin = "round";
  context.lineWidth = 5;
  context.strokeStyle = edgeShade;
  context.stroke(lit.path);
  context.lineWidth = 2.5;
  context.strokeStyle = edge;
  context.stroke(lit.path);
  context.restore();
}

/** Everything but the object steps back. */
function paintAround(context: CanvasRenderingContext2D, path: Path2D, look: MaskLook, viewport: Viewport): void {
  if (look === "preview") return;
  const outside = new Path2D();
  outside.rect(0, 0, viewport.width, viewport.height);
  outside.addPath(path);
  context.save();
  context.globalAlpha = look === "final" ? 0.36 : 0.22;
  context.fillStyle = "rgb(8 12 24)";
  context.fill(outside, "evenodd");
  context.restore();
}

function paintMask(
  context: CanvasRenderingContext2D,
  path: Path2D,
  { look, isDraft }: Pick<ShownMask, "look" | "isDraft">,
  filled: boolean,
): void {
  context.save();
  if (filled) {
    context.globalAlpha = { final: 0.28, draft: 0.2, pending: 0.2, preview: 0.22 }[look];
    context.fillStyle = fill;
    context.fill(path, "evenodd");
  }
  context.lineJoin = "round";
  context.globalAlpha = look === "pending" ? 0.6 : 1;
  context.lineWidth = look === "preview" ? 3 : 4.5;
  context.strokeStyle = edgeShade;
  context.stroke(path);
  context.lineWidth = look === "preview" ? 1.5 : 2;
  context.strokeStyle = edge;
  if (isDraft) {
    // Dots: no line of which one could be sure.
    context.lineCap = "round";
    context.setLineDash([0, 5]);
  } else if (look === "preview") {
    context.setLineDash([5, 4]);
  }
  context.stroke(path);
  context.restore();
}

function paintBox(context: CanvasRenderingContext2D, box: Corners, drawing: boolean): void {
  const left = Math.min(box.x0, box.x1);
  const top = Math.min(box.y0, box.y1);
  const width = Math.abs(box.x1 - box.x0);
  const height = Math.abs(box.y1 - box.y0);
  context.save();
  context.lineJoin = "round";
  if (drawing) {
    context.fillStyle = "rgb(255 255 255 / 0.14)";
    context.fillRect(left, top, width, height);
  }
  context.lineWidth = 3.5;
  context.strokeStyle = "rgb(6 24 66 / 0.5)";
  context.strokeRect(left, top, width, height);
  context.lineWidth = 1.5;
  context.strokeStyle = edge;
  context.setLineDash([7, 5]);
  context.strokeRect(left, top, width, height);
  context.restore();
}

/** A plus or a minus in a ring: told apart by shape as well as by colour. */
function paintPoint(context: CanvasRenderingContext2D, { x, y }: Spot, label: 0 | 1, pending: boolean): void {
  const radius = 8.5;
  context.save();
  context.shadowColor = "rgb(0 0 0 / 0.45)";
  context.shadowBlur = 6;
  context.shadowOffsetY = 1;
  context.fillStyle = edge;
  context.beginPath();
  context.arc(x, y, radius + 2, 0, 2 * Math.PI);
  context.fill();
  context.shadowColor = "transparent";
  context.globalAlpha = pending ? 0.6 : 1;
  context.fillStyle = label === 1 ? include : exclude;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = edge;
  context.lineWidth = 2;
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(x - 4, y);
  context.lineTo(x + 4, y);
  if (label === 1) {
    context.moveTo(x, y - 4);
    context.lineTo(x, y + 4);
  }
  context.stroke();
  context.restore();
}

function paintCursor(context: CanvasRenderingContext2D, { x, y }: Spot): void {
  context.save();
  for (const [width, style] of [
    [4, "rgb(0 0 0 / 0.6)"],
    [1.5, "rgb(255 255 255)"],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(x + dx * 5, y + dy * 5);
      context.lineTo(x + dx * 16, y + dy * 16);
    }
    context.stroke();
  }
  context.restore();
}

function boxOn(box: Corners, { scale, left, top }: Viewport): Corners {
  return { x0: box.x0 * scale - left, y0: box.y0 * scale - top, x1: box.x1 * scale - left, y1: box.y1 * scale - top };
}
