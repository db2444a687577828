import type { Spot } from "../geometry/spot.js";
import type { FoundStep } from "../state/found.js";
import type { Tool } from "../state/tools.js";
import type { words } from "../words/words.js";

/** What keys can do, by the situation that they are pressed in. */
export interface Acts {
  /** On the canvas, with masks over the picture. */
  readonly masks: {
    /** @returns whether there was a mask to go to. */
    readonly step: (to: FoundStep) => boolean;
    readonly take: () => void;
  };
  /** On the canvas. */
  readonly canvas: {
    /** @param way one step along or down. */
    readonly move: (way: Spot, isFine: boolean) => void;
    /** What the tool does at the cursor. @param isSecondary the opposite. */
    readonly use: (isSecondary: boolean) => void;
    readonly leaveOut: () => void;
    readonly pick: (by: 1 | -1) => void;
    /** @returns whether a point was picked. */
    readonly removePoint: () => boolean;
  };
  /** On the canvas, about what is seen of the picture. */
  readonly view: {
    /** The pointer drags the picture as long as the key is held. */
    readonly drag: () => void;
  };
  /** On a row of the list of objects. */
  readonly row: {
    readonly step: (by: 1 | -1) => void;
    readonly move: (by: 1 | -1) => void;
    readonly rename: () => void;
    readonly remove: () => void;
  };
  readonly candidates: {
    readonly step: (by: 1 | -1) => void;
  };
  /** Where nothing has the focus. */
  readonly nowhere: {
    readonly keep: () => void;
  };
  /** Wherever a letter is no text. */
  readonly page: {
    readonly help: () => void;
    readonly keep: () => void;
    readonly candidate: (index: number) => void;
    readonly tool: (tool: Tool) => void;
    readonly brush: (by: 1 | -1) => void;
    readonly fill: () => void;
    readonly zoom: (by: 1 | -1) => void;
    readonly whole: () => void;
    readonly actualSize: () => void;
    readonly neighbour: (by: 1 | -1) => void;
    readonly everything: () => void;
    /** The field for words. */
    readonly words: () => void;
  };
  /** On the page where pictures of a data set are annotated. */
  readonly annotate: {
    /** A model's proposal that is chosen, or all of them. */
    readonly accept: (isAll: boolean) => void;
    /** From object to object. */
    readonly step: (by: 1 | -1) => void;
    /** The chosen object is worked on again. */
    readonly fix: () => void;
    /** @returns whether an object was chosen. */
    readonly remove: () => boolean;
    readonly done: () => void;
    readonly skip: () => void;
  };
  /** On the page where objects are followed through a video. */
  readonly video: {
    readonly stepFrame: (by: 1 | -1) => void;
    readonly play: () => void;
    /** To a frame on which something is unsure. */
    readonly jump: (by: 1 | -1) => void;
    readonly track: () => void;
    readonly accept: () => void;
    readonly stepObject: (by: 1 | -1) => void;
    readonly fix: () => void;
    /** @returns whether an object was chosen. */
    readonly remove: () => boolean;
  };
  /** On the page where objects are reviewed. */
  readonly review: {
    readonly accept: () => void;
    readonly reject: () => void;
    readonly fix: () => void;
    readonly later: () => void;
    /** To the object before, whose verdict is given anew. */
    readonly back: () => void;
  };
  /** There, while it is asked why an object is rejected. */
  readonly reasons: {
    readonly reason: (index: number) => void;
  };
  /** In fields and lists too. */
  readonly anywhere: {
    readonly undo: () => void;
    readonly redo: () => void;
    readonly giveUp: () => void;
  };
}

export type Situation = keyof Acts;

/** A word of the help that says what a key does. */
export type HelpWord = Exclude<keyof typeof words.help, `title${string}`>;

export interface Pressed {
  /** By its ARIA name: `A`, `ArrowUp`, `Space`. */
  readonly key: string;
  readonly shift: boolean;
}

export interface KeyRow<Where extends Situation> {
  readonly on: Where;
  /** As `aria-keyshortcuts` has them: `Z`, `Control+Shift+Z`. Shift that is not named may be held or not; Control is ⌘ too. */
  readonly keys: readonly string[];
  /** Other keys that do the same, and are told nobody. */
  readonly also?: readonly string[];
  /** Left out where the key only goes on, to the browser or to what it does anywhere. @returns `false`: so it does now. */
  readonly does?: (acts: Acts[Where], pressed: Pressed) => unknown;
  /** The browser does its own beside it. */
  readonly goesOn?: boolean;
  readonly help?: HelpWord;
  /** What Shift with it does. */
  readonly shiftHelp?: HelpWord;
  /** Elements of the page that do the same, by id. */
  readonly buttons?: readonly string[];
}

export type AnyKeyRow = { readonly [Where in Situation]: KeyRow<Where> }[Situation];

export function on<Where extends Situation>(where: Where, row: Omit<KeyRow<Where>, "on">): KeyRow<Where> {
  return { on: where, ...row };
}
