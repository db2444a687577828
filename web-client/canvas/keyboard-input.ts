import type { Corners, Spot } from "../state/state.js";

interface KeyboardActions {
  /** Pixels of the picture on the canvas; undefined while there is none. */
  readonly size: () => { readonly width: number; readonly height: number } | undefined;
  readonly label: () => 0 | 1;
  readonly onCursor: (cursor: Spot | undefined) => void;
  readonly onPoint: (spot: Spot, label: 0 | 1) => void;
  readonly onBox: (box: Corners) => void;
  /** Enter where no cursor is. @returns whether there was an object in hand to keep. */
  readonly onKeep: () => boolean;
}

/** Shares of the picture that an arrow key moves by, with and without Shift. */
const step = 1 / 50;
const fineStep = 1 / 400;

/** The canvas without a mouse: arrows move a cursor, Enter includes (or keeps, without a cursor), X leaves out, B sets a box's corners. */
export function listenToKeyboard(canvas: HTMLCanvasElement, actions: KeyboardActions): void {
  let cursor: Spot | undefined;
  let corner: Spot | undefined;
  const place = (size: { width: number; height: number }): Spot =>
    cursor !== undefined && cursor.x < size.width && cursor.y < size.height
      ? cursor
      : { x: Math.floor(size.width / 2), y: Math.floor(size.height / 2) };

  canvas.addEventListener("keydown", (event) => {
    const size = actions.size();
    if (size === undefined || event.ctrlKey || event.metaKey) return;
    const at = place(size);
    const by = Math.max(1, Math.round(Math.max(size.width, size.height) * (event.shiftKey ? fineStep : step)));
    const moves: Record<string, Spot> = {
      ArrowLeft: { x: -by, y: 0 },
      ArrowRight: { x: by, y: 0 },
      ArrowUp: { x: 0, y: -by },
      ArrowDown: { x: 0, y: by },
    };
    const moved = moves[event.key];
    if (moved !== undefined) {
      cursor = {
        x: Math.min(size.width - 1, Math.max(0, at.x + moved.x)),
        y: Math.min(size.height - 1, Math.max(0, at.y + moved.y)),
      };
      actions.onCursor(cursor);
    } else if (event.key === "Enter") {
      if (cursor !== undefined || !actions.onKeep()) actions.onPoint(at, event.altKey ? 0 : actions.label());
    } else if (event.key === "x" || event.key === "X") {
      actions.onPoint(at, 0);
    } else if (event.key === "b" || event.key === "B") {
      if (corner === undefined) corner = at;
      else if (corner.x !== at.x && corner.y !== at.y) {
        actions.onBox(between(corner, at));
        corner = undefined;
      }
    } else {
      return;
    }
    event.preventDefault();
  });
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
