import type { Rle } from "../../../proto/index.js";

/** What a reader finds, in any order but one: an object comes after its picture. */
export type Found = FoundPicture | FoundObject | Problem;

export interface FoundPicture {
  readonly kind: "picture";
  /** As the annotations call it; unique among those that a reader finds. */
  readonly name: string;
  /** Its file in the source; none: it is not there, and means one that the data set has under this name. */
  readonly file?: string;
  /** Pixels, as the annotations say; none: they do not. */
  readonly width?: number;
  readonly height?: number;
  readonly split?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where it is in a video. */
  readonly frame?: FoundFrame;
}

export interface FoundFrame {
  /** By its name. */
  readonly sequence: string;
  readonly number: number;
  /** Frames a second of the video. */
  readonly frameRate?: number;
}

export interface FoundObject {
  readonly kind: "object";
  /** The picture's name. */
  readonly picture: string;
  /** Never empty. */
  readonly rle: Mask;
  /** None: it has no label. */
  readonly label?: string;
  /** Of a frame's: the name of its track in the sequence. */
  readonly track?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where it says so: 0 to 1. */
  readonly predictedIou?: number;
  readonly stabilityScore?: number;
  /** Pixels. */
  readonly point?: { readonly x: number; readonly y: number };
  readonly cropBox?: Box;
  /** The file that it was read from, and what tells it from all others of that file, whenever it is read. */
  readonly file: string;
  readonly sourceId: string;
  /** As its format names it, also when the file is written again; none: it is known by its place alone. */
  readonly ownId?: string;
}

/** What could not be read; the rest was. */
export interface Problem {
  readonly kind: "problem";
  readonly file: string;
  /** From 1; 0: of the whole file, or of one without lines. */
  readonly line: number;
  /** In a sentence. */
  readonly reason: string;
}

/** COCO's compressed run lengths; size is height, width. */
export type Mask = Pick<Rle, "size" | "counts">;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a writer is given. It may ask for the pictures several times. */
export interface ExportSet {
  /** In the order of the data set. */
  readonly labels: readonly ExportLabel[];
  /** Whether any of its objects has none. */
  readonly hasUnlabelled: boolean;
  /** Those that there are; "" is of pictures without one. */
  readonly splits: readonly string[];
  /** Of a split. */
  pictures(split: string): AsyncIterable<ExportPicture>;
  /** The same in the same order, each with its objects. */
  filled(split: string): AsyncIterable<FilledPicture>;
  /** The videos of a split, whose frames are among its pictures. */
  sequences(split: string): AsyncIterable<ExportSequence>;
}

/** It may be asked for its frames several times. */
export interface ExportSequence {
  /** A whole number, unique in the set; its name is too. */
  readonly id: number;
  readonly name: string;
  /** Frames a second; none: not known. */
  readonly frameRate?: number;
  readonly width: number;
  readonly height: number;
  /** How many frames. */
  readonly length: number;
  readonly tracks: readonly ExportTrack[];
  /** In their order. */
  frames(): AsyncIterable<ExportPicture>;
  /** The same in the same order, each with its objects. */
  filled(): AsyncIterable<FilledPicture>;
  /** Of one track, by the places of their frames, from 0, which rise. */
  objectsOf(track: number): AsyncIterable<{ readonly at: number; readonly object: ExportObject }>;
}

export interface ExportTrack {
  /** A whole number, unique in the set. */
  readonly id: number;
  /** Unique in the sequence. */
  readonly name: string;
  /** A name of {@link ExportSet.labels}; none: it has no label. */
  readonly label?: string;
}

export interface ExportLabel {
  readonly name: string;
  /** "#rrggbb" */
  readonly colour: string;
  /** The name of the label that it is a kind of. */
  readonly parent?: string;
}

export interface ExportPicture {
  /** A whole number, unique in the set. */
  readonly id: number;
  /** A relative path with `/`, unique in the set. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where it is in a video. */
  readonly frame?: { readonly sequence: number; readonly number: number };
  /** Its file; none: files are not asked for. */
  readonly open?: () => AsyncIterable<Uint8Array>;
}

export interface FilledPicture {
  readonly picture: ExportPicture;
  readonly objects: readonly ExportObject[];
}

export interface ExportObject {
  /** A whole number from 1, unique in the set. */
  readonly id: number;
  readonly rle: Mask;
  /** A name of {@link ExportSet.labels}; none: it has no label. */
  readonly label?: string;
  /** The id of its track; none: it is of none. */
  readonly track?: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly predictedIou?: number;
  readonly stabilityScore?: number;
  readonly point?: { readonly x: number; readonly y: number };
  readonly cropBox?: Box;
}

/** How COCO's `segmentation` is written. */
export type CocoForm = "rle" | "polygons" | "counts";

export interface ExportOptions {
  readonly coco?: CocoForm;
}

/** Files that are read: a folder, an archive, or what lies under a prefix. */
export interface Source {
  /** Every file in it, in an order that stays; what operating systems leave behind is left out. */
  readonly files: readonly SourceFile[];
  /** What is in it and is not among them, and why. */
  readonly problems: readonly Problem[];
  /** From its start, as often as it is asked. @throws when it cannot be read. */
  open(path: string): AsyncIterable<Uint8Array>;
}

export interface SourceFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/** Where files are written, one after the other. */
export interface Sink {
  /** Resolves when there is room for the next. */
  write(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** Everything is there when it resolves. */
  finish(): Promise<void>;
}
