import type { Size, Spot } from "../geometry/spot.js";
import { actualSize, contain, panBy, refit, reveal, type Viewport, zoomAbout } from "../geometry/viewport.js";
import type { State } from "./state.js";

/** Lengths are in CSS pixels. */
export type LookingEvent =
  | ({ readonly kind: "room-resized" } & Size)
  /** @param place on the canvas; its middle when left out. */
  | { readonly kind: "zoomed"; readonly factor: number; readonly place?: Spot }
  | { readonly kind: "panned"; readonly by: Spot }
  | { readonly kind: "whole-shown" }
  /** @param density device pixels per CSS pixel. */
  | { readonly kind: "actual-size-shown"; readonly density: number }
  /** The key that has the pointer drag the picture. */
  | { readonly kind: "pan-key"; readonly isHeld: boolean }
  /** The pointer has begun to drag the picture, or has ended it. */
  | { readonly kind: "dragging"; readonly isOn: boolean };

/** What is seen of the picture. */
export function look(state: State, event: LookingEvent): State {
  switch (event.kind) {
    case "room-resized":
      return resized(state, event);
    case "zoomed": {
      const { width, height } = state.viewport;
      const place = event.place ?? { x: width / 2, y: height / 2 };
      return looked(state, (view, picture) => zoomAbout(view, picture, state.room, place, event.factor));
    }
    case "panned":
      return looked(state, (view, picture) => panBy(view, picture, state.room, event.by));
    case "whole-shown":
      return looked(state, (_view, picture) => contain(picture, state.room));
    case "actual-size-shown":
      return looked(state, (view, picture) => actualSize(view, picture, state.room, event.density));
    case "pan-key":
      return state.isPanKeyHeld === event.isHeld ? state : { ...state, isPanKeyHeld: event.isHeld };
    case "dragging":
      return state.isDragging === event.isOn ? state : { ...state, isDragging: event.isOn };
  }
}

/** Brings a pixel of the picture into view. */
export function revealed(state: State, pixel: Spot): State {
  return looked(state, (view, picture) => reveal(view, picture, state.room, pixel));
}

function looked(state: State, at: (view: Viewport, picture: Size) => Viewport): State {
  if (state.picture.kind === "empty") return state;
  return { ...state, viewport: at(state.viewport, state.picture.info) };
}

function resized(state: State, { width, height }: Size): State {
  const before = state.room;
  if (before.width === width && before.height === height) return state;
  const room = { width, height };
  return looked({ ...state, room }, (view, picture) => refit(view, picture, before, room));
}
