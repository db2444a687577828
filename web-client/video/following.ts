import { maxFrames } from "../../proto/index.js";
import type { PictureStage } from "../stage/picture-stage.js";
import { canKeep } from "../state/objects.js";
import type { State } from "../state/state.js";
import { begun } from "./frames/begun.js";
import { VideoProblem } from "./frames/frame-source.js";
import { openFiles } from "./frames/open-files.js";
import { Shelf } from "./frames/shelf.js";
import { Follower } from "./net/follower.js";
import type { Player } from "./player/player.js";
import { emptySheet, laidOf, read, type Sheet } from "./state/canvas-objects.js";
import { accepted, changed, emptyTrack, nextUnsure, objectOf, stateOn, type Track } from "./state/track.js";
import { Keeping } from "./store/keeping.js";
import { trackOf, type VideoStore } from "./store/video-store.js";
import { words } from "./words/words.js";

/** A frame is opened at the service when the person has been on it for so long. */
const settleMs = 180;
/** Frames whose history is kept for undo. */
const mostOpened = 12;

interface FollowingOptions {
  /** Something to be drawn has changed. */
  readonly changed: () => void;
}

/** A person at work on a video: what its frames, the canvas and the service have to do with each other. */
export class Following {
  readonly #changed: () => void;
  #stage!: PictureStage;
  #player!: Player;
  #store: VideoStore | undefined;
  #keeping: Keeping | undefined;
  #follower: Follower | undefined;
  #shelf = new Shelf(undefined);
  #name = "";
  #size = { width: 0, height: 0 };
  #isWhole = true;
  #reading: { readonly expected: number | undefined; readonly ending: AbortController } | undefined;
  #track = emptyTrack;
  #current = 0;
  #problem: string | undefined;
  #said = "";
  #fps: number | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  /** Frames on the stage, the one that was shown last at the end. */
  readonly #tokens = new Map<number, number>();
  readonly #sheets = new Map<number, Sheet>();

  constructor({ changed }: FollowingOptions) {
    this.#changed = changed;
  }

  get shelf(): Shelf {
    return this.#shelf;
  }

  get track(): Track {
    return this.#track;
  }

  get name(): string {
    return this.#name;
  }

  /** Which the service follows by, where nobody says. */
  get model(): string {
    return this.#stage.port.state.models.served[0]?.id ?? "";
  }

  get size(): { readonly width: number; readonly height: number } {
    return this.#size;
  }

  get current(): number {
    return this.#current;
  }

  /** The frame that is worked on: the one that is shown, once it is opened. */
  get opened(): number | undefined {
    return this.#stage.port.state.loading === undefined ? this.#frameOnCanvas() : undefined;
  }

  get frames(): number {
    return this.#shelf.frames.length;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** What was done last, for those who do not see it. */
  get said(): string {
    return this.#said;
  }

  get reading(): { readonly expected: number | undefined } | undefined {
    return this.#reading;
  }

  /** How many frames a second are taken of what is opened next; undefined: all. */
  get fps(): number | undefined {
    return this.#fps;
  }

  setRate(fps: number | undefined): void {
    this.#fps = fps;
    this.#changed();
  }

  get run(): Follower["run"] {
    return this.#follower?.run;
  }

  get isWaiting(): boolean {
    return this.#follower?.isWaiting === true;
  }

  get isPlaying(): boolean {
    return this.#player.isPlaying;
  }

  /** Whether what is done here outlives the page. */
  get isKept(): boolean {
    return this.#store !== undefined;
  }

  get selected(): number | undefined {
    return this.#stage.port.state.selection.at(-1);
  }

  /** What frames are worked on, and seen, with. */
  attach(stage: PictureStage, player: Player): void {
    this.#stage = stage;
    this.#player = player;
  }

  /** What an earlier visit left comes back. */
  async begin(store: VideoStore | undefined): Promise<void> {
    this.#store = store;
    const left = await store?.read().catch(() => undefined);
    if (left === undefined) {
      this.#keepUp();
      return;
    }
    const { video, frames, made } = left;
    this.#shelf = new Shelf(store, frames);
    this.#name = video.name;
    this.#size = { width: video.width, height: video.height };
    this.#track = trackOf(video, made);
    if (!video.isWhole) this.#problem = words.problems.notWhole(frames.length);
    this.#keepUp();
    this.#follow();
    this.go(Math.min(video.current, frames.length - 1));
    // What people have made is told a service that knows nothing of it.
    if (this.#track.objects.length > 0) {
      this.#follower?.tell([...this.#track.objects].map(({ id }) => ({ kind: "brought-back", object: id })));
    }
  }

  /** Another video takes the place of the one that is here, once a frame of it can be read. */
  async open(files: readonly File[]): Promise<void> {
    this.#reading?.ending.abort();
    const ending = new AbortController();
    this.#problem = undefined;
    this.#reading = { expected: undefined, ending };
    this.#changed();
    try {
      const source = await openFiles(files, this.#fps);
      if (ending.signal.aborted) return;
      if ((source.expected ?? 0) > maxFrames) throw new VideoProblem(words.problems.tooManyFrames(maxFrames));
      const frames = await begun(source, ending.signal);
      if (ending.signal.aborted) return;
      await this.#clear();
      this.#name = source.name;
      this.#isWhole = false;
      this.#reading = { expected: source.expected, ending };
      for await (const frame of frames) {
        if (this.frames >= maxFrames) throw new VideoProblem(words.problems.tooManyFrames(maxFrames));
        await this.#shelf.add(frame);
        if (this.frames === 1) {
          this.#size = { width: frame.width, height: frame.height };
          this.#follow();
          this.go(0);
        }
        this.#follower?.framesAdded();
        this.#changed();
      }
      this.#say(words.page.readWhole(this.frames));
    } catch (error) {
      if (ending.signal.aborted) return;
      this.#problem = error instanceof VideoProblem ? error.message : words.problems.notPlayed(files[0]?.name ?? "");
    }
    if (this.#reading?.ending === ending) this.#reading = undefined;
    this.#isWhole = true;
    this.#follower?.framesAdded();
    this.#keeping?.changed();
    this.#changed();
  }

  /** Ends the reading of a video where it is: what is here is the video. */
  stopReading(): void {
    this.#reading?.ending.abort();
    this.#reading = undefined;
    this.#isWhole = true;
    this.#follower?.framesAdded();
    this.#keeping?.changed();
    this.#changed();
  }

  async leave(): Promise<void> {
    this.stopReading();
    await this.#clear();
    this.#changed();
  }

  /** The stage has another state. */
  stateChanged(state: State): void {
    const { picture } = state;
    if (picture.kind !== "empty") {
      const frame = this.#frameOf(picture.info.token);
      const sheet = frame === undefined ? undefined : this.#sheets.get(frame);
      const { objects } = picture.edit.present;
      if (sheet !== undefined && sheet.objects !== objects) this.#readCanvas(sheet, objects);
      if (frame === this.#current && state.loading === undefined) this.#player.hide();
    }
    this.#changed();
  }

  /** To a frame: seen at once, and opened when the person stays there. */
  go(frame: number): void {
    if (this.frames === 0) return;
    const next = Math.max(0, Math.min(this.frames - 1, Math.round(frame)));
    this.#player.pause();
    this.#finishObject();
    this.#current = next;
    clearTimeout(this.#settling);
    if (this.#frameOnCanvas() === next) this.#player.hide();
    else {
      void this.#player.show(next);
      this.#settling = setTimeout(() => this.#bring(next), settleMs);
    }
    this.#keeping?.changed();
    this.#changed();
  }

  step(by: 1 | -1): void {
    this.go(this.#current + by);
  }

  /** To the next frame that a person should look at. */
  jump(by: 1 | -1): void {
    const frame = nextUnsure(this.#track, this.frames, this.#current, by);
    if (frame === undefined) this.#say(words.page.noneUnsure);
    else {
      this.go(frame);
      this.#say(words.page.frameOf(frame + 1, this.frames));
    }
  }

  play(): void {
    if (this.frames === 0) return;
    if (this.#player.isPlaying) {
      this.#player.pause();
      this.go(this.#current);
      return;
    }
    this.#finishObject();
    clearTimeout(this.#settling);
    this.#player.play(this.#current >= this.frames - 1 ? 0 : this.#current);
    this.#changed();
  }

  /** The player has come to a frame. */
  played(frame: number): void {
    this.#current = frame;
    this.#changed();
  }

  start(): void {
    this.#finishObject();
    this.#problem = undefined;
    this.#follower?.start(this.#current);
    this.#changed();
  }

  cancel(): void {
    this.#follower?.cancel();
    this.#changed();
  }

  /** What is unsure on this frame is right. */
  accept(): void {
    const unsure = this.#track.objects.filter((object) => stateOn(object, this.#current) === "unsure");
    if (unsure.length === 0) return this.jump(1);
    for (const { id } of unsure) this.#take(accepted(this.#track, this.#current, id));
    this.#say(words.page.saidAccepted(unsure.length));
    this.jump(1);
  }

  keep(): void {
    if (canKeep(this.#stage.port.state)) this.#stage.port.dispatch({ kind: "object-kept" });
  }

  select(id: number | undefined): void {
    const { dispatch, state } = this.#stage.port;
    for (const one of state.selection) dispatch({ kind: "object-selected", id: one });
    if (id !== undefined) dispatch({ kind: "object-selected", id });
  }

  stepObject(by: 1 | -1): void {
    const ids = this.#track.objects.map(({ id }) => id);
    const at = ids.indexOf(this.selected ?? -1);
    this.select(at < 0 ? ids.at(by > 0 ? 0 : -1) : ids[(at + by + ids.length) % ids.length]);
  }

  /** The object is worked on again, on this frame. */
  fix(id: number | undefined = this.selected ?? this.#track.objects[0]?.id): void {
    if (id === undefined || this.#frameOnCanvas() !== this.#current) return;
    this.select(undefined);
    this.#stage.port.dispatch({ kind: "object-edited", id });
  }

  /** @returns whether there was one. */
  remove(id: number | undefined = this.selected): boolean {
    if (id === undefined || objectOf(this.#track, id) === undefined || this.#frameOnCanvas() !== this.#current)
      return false;
    this.#stage.port.dispatch({ kind: "object-removed", id });
    return true;
  }

  rename(id: number, name: string): void {
    this.#take(changed(this.#track, id, { name: name.trim() || undefined }));
  }

  /** It is a track of a data set from now on. */
  keptAs(id: number, sequence: bigint, track: bigint): void {
    const before = objectOf(this.#track, id)?.keptAs;
    if (before?.get(sequence) !== track)
      this.#take(changed(this.#track, id, { keptAs: new Map(before).set(sequence, track) }));
  }

  show(id: number, isVisible: boolean): void {
    this.#take(changed(this.#track, id, { isVisible }));
  }

  #keepUp(): void {
    if (this.#store === undefined) return;
    const now = () => ({
      track: this.#track,
      rest: { name: this.#name, ...this.#size, isWhole: this.#isWhole, current: this.#current },
    });
    this.#keeping = new Keeping(this.#store, now, this.#track);
  }

  #follow(): void {
    this.#follower?.close();
    const { client } = this.#stage;
    this.#follower = new Follower({
      openSocket: () => client.openSocket(),
      frameAt: (frame) => {
        const info = this.#shelf.frames[frame];
        return info && { imageId: info.imageId, file: () => this.#shelf.file(frame) };
      },
      video: () => ({ frames: this.frames, isWhole: this.#isWhole, ...this.#size }),
      track: () => this.#track,
      changed: (track) => this.#take(track),
      problem: (message) => {
        this.#problem = message;
        this.#changed();
      },
    });
  }

  /** Another track: onto the canvas, and into the store. */
  #take(track: Track): void {
    const isOther = track !== this.#track;
    this.#track = track;
    if (isOther) {
      this.#lay();
      this.#player.redraw();
      this.#keeping?.changed();
    }
    this.#changed();
  }

  #readCanvas(sheet: Sheet, objects: Sheet["objects"]): void {
    const { track, sheet: next, corrections } = read(this.#track, sheet, objects);
    this.#sheets.set(sheet.frame, next);
    const isOther = track !== this.#track;
    this.#track = track;
    if (corrections.some(({ kind }) => kind === "shown")) this.#say(words.page.saidShown(sheet.frame + 1));
    this.#follower?.tell(corrections);
    if (isOther) {
      this.#keeping?.changed();
      this.#lay();
    }
  }

  /** What the track has of the frame on the canvas. */
  #lay(): void {
    const frame = this.#frameOnCanvas();
    const before = frame === undefined ? undefined : this.#sheets.get(frame);
    const token = frame === undefined ? undefined : this.#tokens.get(frame);
    if (before !== undefined && token !== undefined) this.#layOn(token, before);
  }

  #layOn(token: number, before: Sheet): void {
    const { sheet, objects, gone } = laidOf(this.#track, before);
    // The canvas keeps them in an order of its own: what it has then is what was laid.
    this.#sheets.set(sheet.frame, sheet);
    if (objects.length === 0 && gone.length === 0) return;
    this.#stage.port.dispatch({ kind: "objects-laid", token, objects, gone });
    this.#stage.repaint();
  }

  #bring(frame: number): void {
    const info = this.#shelf.frames[frame];
    if (info === undefined || this.#current !== frame || this.#player.isPlaying) return;
    this.select(undefined);
    let token = this.#tokens.get(frame);
    if (token === undefined) {
      token = this.#stage.client.choose({ name: info.name, read: () => this.#shelf.file(frame) });
      this.#sheets.set(frame, emptySheet(frame));
    } else this.#stage.port.dispatch({ kind: "picture-opened", token });
    this.#tokens.delete(frame);
    this.#tokens.set(frame, token);
    const sheet = this.#sheets.get(frame);
    if (sheet !== undefined) this.#layOn(token, sheet);
    for (const [old, oldToken] of this.#tokens) {
      if (this.#tokens.size <= mostOpened) break;
      this.#tokens.delete(old);
      this.#sheets.delete(old);
      this.#stage.port.dispatch({ kind: "picture-removed", token: oldToken });
    }
  }

  /** An object that is not finished is finished when the person goes elsewhere: nothing that was clicked is lost. */
  #finishObject(): void {
    this.keep();
  }

  #frameOnCanvas(): number | undefined {
    const { picture } = this.#stage.port.state;
    return picture.kind === "empty" ? undefined : this.#frameOf(picture.info.token);
  }

  #frameOf(token: number): number | undefined {
    return [...this.#tokens].find(([, one]) => one === token)?.[0];
  }

  async #clear(): Promise<void> {
    this.#follower?.close();
    this.#follower = undefined;
    this.#player.forget();
    clearTimeout(this.#settling);
    for (const token of this.#tokens.values()) this.#stage.port.dispatch({ kind: "picture-removed", token });
    this.#tokens.clear();
    this.#sheets.clear();
    this.#shelf.close();
    await this.#store?.clear().catch(() => {});
    this.#shelf = new Shelf(this.#store);
    this.#track = emptyTrack;
    this.#current = 0;
    this.#size = { width: 0, height: 0 };
    this.#name = "";
  }

  #say(what: string): void {
    this.#said = what;
    this.#changed();
  }
}
