import type { Corners, Spot } from "../geometry/spot.js";
import { listenToKeys } from "../keys/listen-to-keys.js";
import type { PromptPoint } from "../state/prompts.js";
import type { Tool } from "../state/tool.js";

interface KeyboardActions {
  /** Pixels of the picture on the canvas; undefined while there is none. */
  readonly size: () => { readonly width: number; readonly height: number } | undefined;
  readonly tool: () => Tool;
  readonly points: () => readonly PromptPoint[];
  readonly picked: () => number | undefined;
  readonly onCursor: (cursor: Spot | undefined) => void;
  /** What the tool does at a pixel. */
  readonly onTap: (spot: Spot, secondary: boolean) => void;
  readonly onBox: (box: Corners) => void;
  /** Enter where no cursor is. @returns whether there was an object in hand to keep. */
  readonly onKeep: () => boolean;
  readonly onPick: (index: number | undefined) => void;
  /** A point on its way; it is let go at the last of these places. */
  readonly onCarry: (index: number, to: Spot) => void;
  readonly onDrop: (index: number, to: Spot) => void;
  readonly onRemove: (index: number) => void;
  /** Whether there was a lasso to close. */
  readonly onClose: () => boolean;
}

/** Shares of the picture that an arrow key moves by, with and without Shift. */
const step = 1 / 50;
const fineStep = 1 / 400;

/** The canvas without a mouse: a cursor to use the tool at, and points to pick, move and remove. */
export function listenToKeyboard(canvas: HTMLCanvasElement, actions: KeyboardActions): void {
  let cursor: Spot | undefined;
  let corner: Spot | undefined;
  let carried: { readonly index: number; readonly to: Spot } | undefined;

  const place = (size: { width: number; height: number }): Spot =>
    cursor !== undefined && cursor.x < size.width && cursor.y < size.height
      ? cursor
      : { x: Math.floor(size.width / 2), y: Math.floor(size.height / 2) };
  /** With the key let go the point is let go: one step of the history, however far it went. */
  const drop = () => {
    const moved = carried;
    carried = undefined;
    if (moved !== undefined) actions.onDrop(moved.index, moved.to);
  };
  const setCorner = (at: Spot) => {
    if (corner === undefined) corner = at;
    else if (corner.x !== at.x && corner.y !== at.y) {
      actions.onBox(between(corner, at));
      corner = undefined;
    }
  };
  const pickNext = (by: 1 | -1) => {
    const count = actions.points().length;
    if (count === 0) return;
    const at = actions.picked();
    actions.onPick(at === undefined ? (by > 0 ? 0 : count - 1) : (at + by + count) % count);
  };

  const move = ({ x, y }: Spot, isFine: boolean) => {
    const size = actions.size();
    if (size === undefined) return;
    const picked = actions.picked();
    const point = picked === undefined ? undefined : actions.points()[picked];
    const at = carried?.to ?? point ?? place(size);
    const by = Math.max(1, Math.round(Math.max(size.width, size.height) * (isFine ? fineStep : step)));
    const to = {
      x: Math.min(size.width - 1, Math.max(0, at.x + x * by)),
      y: Math.min(size.height - 1, Math.max(0, at.y + y * by)),
    };
    if (picked !== undefined && point !== undefined) {
      carried = { index: picked, to };
      actions.onCarry(picked, to);
    } else {
      cursor = to;
      actions.onCursor(cursor);
    }
  };
  const use = (isSecondary: boolean) => {
    const size = actions.size();
    if (size === undefined) return;
    if (cursor === undefined && corner === undefined && (actions.onClose() || actions.onKeep())) drop();
    else if (actions.tool() === "box") setCorner(place(size));
    else actions.onTap(place(size), isSecondary);
  };
  const leaveOut = () => {
    const size = actions.size();
    if (size !== undefined) actions.onTap(place(size), true);
  };
  const removePoint = () => {
    const picked = actions.picked();
    if (picked === undefined) return false;
    carried = undefined;
    actions.onRemove(picked);
    return true;
  };

  listenToKeys(
    canvas,
    "canvas",
    { move, use, leaveOut, pick: pickNext, removePoint },
    () => actions.size() !== undefined,
  );
  canvas.addEventListener("keyup", (event) => {
    if (event.key.startsWith("Arrow")) drop();
  });
  canvas.addEventListener("blur", drop);
  // The pointer takes over from the keyboard, and the cross would only be in its way.
  for (const name of ["blur", "pointerdown"] as const) {
    canvas.addEventListener(name, () => {
      cursor = undefined;
      corner = undefined;
      actions.onCursor(undefined);
    });
  }
}

function between(a: Spot, b: Spot): Corners {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x), y1: Math.max(a.y, b.y) };
}
