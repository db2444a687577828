import type { MeasuredObject, MeasuredPicture } from "../measured-objects.js";
import type { SimulatedClick } from "../simulate-clicks.js";

/** Who answers prompts about pictures. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  open(picture: MeasuredPicture): Promise<OpenedPicture>;
}

/** A picture to which an object can be asked for. */
export interface OpenedPicture {
  click(first: SimulatedClick): Promise<Answer>;
  box(box: MeasuredObject["box"]): Promise<Answer>;
}

export interface Answer {
  /** 1 inside, 0 outside, row by row, of the picture's size. */
  readonly bitmap: Uint8Array;
  /** One more click, which starts from this answer's logits. */
  refine(click: SimulatedClick): Promise<Answer>;
}
