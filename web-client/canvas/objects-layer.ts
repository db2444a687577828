import type { Mask } from "../../proto/index.js";
import type { Viewport } from "../geometry/viewport.js";
import { maskOfObject } from "../state/objects.js";
import type { SceneObject, Step } from "../state/work.js";
import { colours } from "./colouring.js";
import { maskPath } from "./mask-path.js";

const fillAlpha = 0.42;
const litAlpha = 0.6;
const proposalAlpha = 0.2;
const proposalDash = [7, 5];

/** How an object is painted, where that is not its own colour's to say. */
export interface ObjectLook {
  readonly colour: string;
  /** A model's, that nobody has looked at: its outline is dashed, and what is under it shows. */
  readonly isProposal: boolean;
}

/** The finished objects over the picture, the topmost last, each in its colour. */
export class ObjectsLayer {
  /** On the whole picture at one scale; moving it leaves them as they are. */
  #paths = new WeakMap<Mask, Path2D>();
  #scale = 0;
  readonly #lookOf: (object: SceneObject) => ObjectLook | undefined;

  constructor(lookOf: (object: SceneObject) => ObjectLook | undefined) {
    this.#lookOf = lookOf;
  }

  /** @param lit the objects whose rows are chosen. */
  paint(
    context: CanvasRenderingContext2D,
    { objects, editing }: Pick<Step, "objects" | "editing">,
    viewport: Viewport,
    lit: readonly number[],
  ): void {
    context.save();
    context.translate(-viewport.left, -viewport.top);
    context.lineJoin = "round";
    for (const object of objects) {
      const mask = maskOfObject(object);
      // The one that is edited is the current object, which is painted by itself.
      if (mask === undefined || !object.visible || object.id === editing) continue;
      const path = this.#pathOf(mask, viewport.scale);
      const isLit = lit.includes(object.id);
      const look = this.#lookOf(object);
      const isProposal = look?.isProposal === true;
      context.fillStyle = look?.colour ?? colours[object.colour] ?? colours[0];
      context.globalAlpha = isLit ? litAlpha : isProposal ? proposalAlpha : fillAlpha;
      context.fill(path, "evenodd");
      context.globalAlpha = 1;
      if (isLit) {
        context.lineWidth = 5;
        context.strokeStyle = "rgb(6 24 66 / 0.55)";
        context.stroke(path);
      }
      if (isProposal && !isLit) {
        // Whatever the picture's colours are, the dashes show on it.
        context.lineWidth = 3;
        context.strokeStyle = "rgb(6 24 66 / 0.5)";
        context.stroke(path);
      }
      context.setLineDash(isProposal ? proposalDash : []);
      context.lineWidth = isLit ? 2.5 : 1.5;
      context.strokeStyle = isLit ? "white" : context.fillStyle;
      context.stroke(path);
      context.setLineDash([]);
    }
    context.restore();
  }

  #pathOf(mask: Mask, scale: number): Path2D {
    if (scale !== this.#scale) {
      this.#scale = scale;
      this.#paths = new WeakMap();
    }
    const known = this.#paths.get(mask);
    if (known !== undefined) return known;
    const path = maskPath(mask, { scale, left: 0, top: 0 });
    this.#paths.set(mask, path);
    return path;
  }
}
