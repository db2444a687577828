import {
  type Dataset,
  type DatasetObject,
  type DatasetPicture,
  ObjectState,
  type PictureState,
} from "../../../proto/index.js";
import { PictureProblem } from "../../pictures/picture-file.js";
import type { PictureStage } from "../../stage/picture-stage.js";
import { modelInUse } from "../../state/models.js";
import { canKeep } from "../../state/objects.js";
import type { State } from "../../state/state.js";
import type { DatasetService } from "../net/service.js";
import { nameOfLabel } from "../parts/look-of.js";
import type { PictureFiles } from "../parts/picture-files.js";
import { acted, lapped, stoppedClock } from "../parts/work-clock.js";
import { words } from "../words/words.js";
import { filterOf, type GearChoice } from "./gears.js";
import { type Conflict, keptMine, learned, type OutboxEntry, queued, tookTheirs } from "./outbox.js";
import type { Sender } from "./sender.js";
import { KnownSequences } from "./sequence-facts.js";
import {
  knownOf,
  newSheet,
  proposalsAccepted,
  type Row,
  relabelled,
  replaced,
  type Sheet,
  sceneChanged,
} from "./sheet.js";
import { atHand, foreseen, gone, landed, mostAhead, noTravel, type Travel, type Way } from "./travel.js";

interface AnnotatingOptions {
  readonly service: DatasetService;
  readonly files: PictureFiles;
  readonly sender: Sender;
  readonly set: Dataset;
  readonly gear: GearChoice;
  /** Whose frames are gone through; 0: pictures as the gear says. */
  readonly sequence: bigint;
  /** Something to be drawn has changed. */
  readonly changed: () => void;
}

const newKey = () => crypto.randomUUID();

/** A person at work on a data set's pictures: what the stage and the service have to do with each other. */
export class Annotating {
  readonly set: Dataset;
  readonly sender: Sender;
  readonly gear: GearChoice;
  readonly sequence: bigint;
  readonly sequences: KnownSequences;
  readonly #service: DatasetService;
  readonly #files: PictureFiles;
  readonly #changed: () => void;
  #stage!: PictureStage;
  /** Of pictures at hand: the stage's number, and what the data set has of them once it has come. */
  readonly #tokens = new Map<bigint, { readonly token: number; readonly laid: Promise<void> }>();
  readonly #sheets = new Map<number, Sheet>();
  #travel = noTravel;
  #clock = stoppedClock;
  #label: number;
  #problem: Error | undefined;
  #isLoading = true;
  /** What was done last, for those who do not see it. */
  #said = "";

  constructor({ service, files, sender, set, gear, sequence, changed }: AnnotatingOptions) {
    this.#service = service;
    this.#files = files;
    this.#changed = changed;
    this.sender = sender;
    this.set = set;
    this.gear = gear;
    this.sequence = sequence;
    this.sequences = new KnownSequences(service, changed);
    this.#label = set.labels[0]?.id ?? 0;
  }

  get travel(): Travel {
    return this.#travel;
  }

  get label(): number {
    return this.#label;
  }

  get problem(): Error | undefined {
    return this.#problem;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  get said(): string {
    return this.#said;
  }

  /** What the data set has of the picture on the canvas. */
  get sheet(): Sheet | undefined {
    const { picture } = this.#stage.port.state;
    return picture.kind === "empty" ? undefined : this.#sheets.get(picture.info.token);
  }

  /** The object whose row is chosen. */
  get selected(): number | undefined {
    return this.#stage.port.state.selection.at(-1);
  }

  rowOf(id: number): Row | undefined {
    return this.sheet?.rows.get(id);
  }

  /** @param picture to begin with; the first that the filter takes when left out. @param object of it, to be fixed. */
  async begin(stage: PictureStage, picture: bigint | undefined, object: bigint | undefined): Promise<void> {
    this.#stage = stage;
    await this.sender.takeOver();
    await this.sender.settled();
    if (picture === undefined) return this.#land(0n, "forward");
    await this.#attempt(async () => {
      const current = await this.#service.getPicture(picture);
      this.#travel = { ...noTravel, current };
      await this.#show();
      const id = object === undefined ? undefined : this.#idOf(object);
      if (id !== undefined) this.#stage.port.dispatch({ kind: "object-edited", id });
      void this.#foresee(picture, { after: picture, hold: false });
    });
  }

  async retry(): Promise<void> {
    const { current, way } = this.#travel;
    if (current === undefined) return this.#land(0n, way);
    await this.#attempt(() => this.#show());
  }

  /** The person does something. */
  act(): void {
    this.#clock = acted(this.#clock, performance.now());
  }

  /** The stage has another state. */
  stateChanged(state: State): void {
    const { picture } = state;
    if (picture.kind !== "empty") {
      const { token } = picture.info;
      const sheet = this.#sheets.get(token);
      const { objects } = picture.edit.present;
      if (sheet !== undefined && sheet.objects !== objects) this.#note(token, sheet, objects);
      if (token === this.#tokenOf(this.#travel.current)) this.#leaveOthers();
    }
    this.#changed();
  }

  async go(way: Way): Promise<void> {
    const { current } = this.#travel;
    const next = gone(this.#travel, way);
    if (next === undefined) return this.#land(current?.id ?? 0n, way);
    this.#travel = next;
    this.#changed();
    await this.#attempt(() => this.#show());
    const here = next.current?.id;
    if (here !== undefined) void this.#foresee(here, { after: current?.id ?? 0n, hold: true });
  }

  /** Nothing is missing in it, or it is left out; the next one comes. */
  async finish(state: PictureState.DONE | PictureState.SKIPPED): Promise<void> {
    const { current } = this.#travel;
    if (current === undefined) return;
    const telling = this.sender.settled().then(() => this.#service.updatePictures({ pictures: [current.id], state }));
    telling.catch((error: Error) => this.#stage.port.dispatch({ kind: "notice", message: error.message }));
    await this.go("forward");
  }

  keep(): void {
    if (canKeep(this.#stage.port.state)) this.#stage.port.dispatch({ kind: "object-kept" });
  }

  /** The current object gets the label and is kept; else the chosen one gets it; else what is kept next. */
  giveLabel(label: number): void {
    const { state } = this.#stage.port;
    const { selected } = this;
    if (canKeep(state) && state.picture.kind !== "empty") {
      const { editing } = state.picture.edit.present;
      this.#label = label;
      this.keep();
      if (editing !== undefined) this.#relabel(editing, label);
    } else if (selected !== undefined) {
      this.#relabel(selected, label);
    } else {
      this.#label = label;
      this.#say(words.annotate.saidLabel(nameOfLabel(this.set.labels, label)));
    }
    this.#changed();
  }

  select(id: number | undefined): void {
    const { dispatch, state } = this.#stage.port;
    for (const one of state.selection) dispatch({ kind: "object-selected", id: one });
    if (id !== undefined) dispatch({ kind: "object-selected", id });
  }

  step(by: 1 | -1): void {
    const ids = (this.sheet?.objects ?? []).map(({ id }) => id);
    const at = ids.indexOf(this.selected ?? -1);
    this.select(at < 0 ? ids.at(by > 0 ? 0 : -1) : ids[(at + by + ids.length) % ids.length]);
  }

  fix(): void {
    const { selected } = this;
    if (selected === undefined) return;
    this.select(undefined);
    this.#stage.port.dispatch({ kind: "object-edited", id: selected });
  }

  /** @returns whether there was one. */
  remove(): boolean {
    const { selected } = this;
    if (selected === undefined) return false;
    this.step(1);
    if (this.selected === selected) this.select(undefined);
    this.#stage.port.dispatch({ kind: "object-removed", id: selected });
    return true;
  }

  /** The proposal that is chosen, or the first one; or all. */
  accept(isAll: boolean): void {
    const { sheet, selected } = this;
    if (sheet === undefined) return;
    const proposals = this.proposals();
    const [first] = selected !== undefined && proposals.includes(selected) ? [selected] : proposals;
    this.#update(([seconds]) => proposalsAccepted(sheet, isAll ? proposals : [first ?? 0], { seconds, key: newKey }));
    // The next one is chosen: one key after the other takes all that are good.
    if (!isAll) this.select(this.proposals().find((id) => id > (first ?? 0)) ?? this.proposals()[0]);
  }

  proposals(): readonly number[] {
    const { sheet } = this;
    const isProposal = (id: number) => sheet?.rows.get(id)?.state === ObjectState.PROPOSED;
    return (sheet?.objects ?? []).map(({ id }) => id).filter(isProposal);
  }

  keepMine(conflict: Conflict): void {
    this.sender.change((outbox) => keptMine(outbox, conflict, newKey()));
  }

  takeTheirs(conflict: Conflict): void {
    for (const [token, sheet] of this.#sheets) {
      const [next, laid] = replaced(sheet, conflict.entry.ref, conflict.theirs);
      if (next === sheet) continue;
      this.#sheets.set(token, next);
      this.#stage.port.dispatch({ kind: "objects-laid", token, ...laid });
    }
    this.sender.change((outbox) => tookTheirs(outbox, conflict));
    this.#stage.repaint();
  }

  #relabel(id: number, label: number): void {
    const { sheet } = this;
    if (sheet === undefined) return;
    const { track } = this.rowOf(id) ?? {};
    if (track !== undefined) return void this.#relabelTrack(track, label);
    this.#say(words.annotate.saidLabel(nameOfLabel(this.set.labels, label)));
    this.#update(([seconds]) => relabelled(sheet, id, { label, seconds, key: newKey }));
  }

  /** What is of a track has its label, in all frames: what is at hand of them is brought anew. */
  async #relabelTrack(id: bigint, label: number): Promise<void> {
    const { current } = this.#travel;
    const sequence = current?.sequence ?? 0n;
    await this.#attempt(async () => {
      await this.sender.settled();
      const track = this.sequences.of(sequence)?.tracks.get(id);
      if (track === undefined) return;
      await this.#service.updateTrack(id, { revision: track.revision, label });
      this.sequences.forget(sequence);
      for (const { token } of this.#tokens.values()) this.#stage.port.dispatch({ kind: "picture-removed", token });
      this.#tokens.clear();
      this.#sheets.clear();
      await this.#show();
      this.#say(words.annotate.saidTrack(track.name, nameOfLabel(this.set.labels, label)));
    });
  }

  /** Of the picture on the canvas, with the time that it took. */
  #update(into: (lap: ReturnType<typeof lapped>) => readonly [Sheet, readonly OutboxEntry[]]): void {
    const { picture } = this.#stage.port.state;
    if (picture.kind === "empty") return;
    const lap = lapped(this.#clock, performance.now());
    const [sheet, entries] = into(lap);
    if (entries.length === 0) return;
    [, this.#clock] = lap;
    this.#sheets.set(picture.info.token, sheet);
    this.sender.change((outbox) => queued(outbox, entries));
    this.#stage.repaint();
    this.#changed();
  }

  #note(token: number, sheet: Sheet, objects: Sheet["objects"]): void {
    const [seconds, clock] = lapped(this.#clock, performance.now());
    const model = modelInUse(this.#stage.port.state)?.id ?? "";
    const terms = { seconds, model, label: this.#label, key: newKey };
    const [next, entries] = sceneChanged(sheet, objects, terms);
    this.#sheets.set(token, next);
    if (entries.length === 0) return;
    if (entries.some(({ change }) => change.kind === "create")) {
      this.#say(words.annotate.saidKept(nameOfLabel(this.set.labels, this.#label)));
    }
    if (entries.some(({ change }) => change.kind === "create" || change.kind === "patch")) this.#clock = clock;
    this.sender.change((outbox) => queued(outbox, entries));
    this.#stage.repaint();
  }

  #say(what: string): void {
    this.#said = what;
    this.#changed();
  }

  async #land(after: bigint, way: Way): Promise<void> {
    await this.#attempt(async () => {
      const asked = {
        filter: filterOf(this.gear, this.sequence),
        after,
        backwards: way === "back",
        count: 1 + mostAhead,
        hold: true,
      };
      this.#travel = landed(this.#travel, way, await this.#service.nextPictures(asked));
      await this.#show();
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.#problem = undefined;
    this.#isLoading = true;
    this.#changed();
    try {
      await work();
    } catch (error) {
      this.#problem = error as Error;
    }
    this.#isLoading = false;
    this.#changed();
  }

  /** Onto the canvas, once its objects have come; those that come next are brought here behind it. */
  async #show(): Promise<void> {
    const { current } = this.#travel;
    if (current === undefined) {
      this.#leaveOthers();
      return;
    }
    const { token, laid } = this.#bring(current);
    this.select(undefined);
    await laid;
    if (this.#travel.current !== current) return;
    this.#clock = stoppedClock;
    this.#stage.port.dispatch({ kind: "picture-opened", token });
    const count = this.#sheets.get(token)?.objects.length ?? 0;
    this.#say(words.annotate.saidPicture(current.name, words.sets.objects(count)));
    for (const picture of this.#travel.ahead.slice(0, mostAhead)) this.#bring(picture).laid.catch(() => {});
  }

  /** What comes after the one that is shown. */
  async #foresee(about: bigint, { after, hold }: { after: bigint; hold: boolean }): Promise<void> {
    const { way } = this.#travel;
    const asked = {
      filter: filterOf(this.gear, this.sequence),
      after,
      backwards: way === "back",
      count: 1 + mostAhead,
      hold,
    };
    try {
      const { pictures, position, total } = await this.#service.nextPictures(asked);
      const next = pictures.filter(({ id }) => id !== about);
      const isHere = pictures[0]?.id === about;
      // Else the first is the one behind it.
      const place = isHere ? position : Math.max(0, position + (way === "forward" ? -1 : 1));
      this.#travel = { ...foreseen(this.#travel, about, next), total, ...(pictures.length > 0 && { position: place }) };
      for (const picture of this.#travel.ahead) this.#bring(picture).laid.catch(() => {});
      this.#changed();
    } catch {
      // It is asked again when the person gets there.
    }
  }

  #bring(picture: DatasetPicture): { readonly token: number; readonly laid: Promise<void> } {
    const known = this.#tokens.get(picture.id);
    if (known !== undefined) return known;
    const read = () =>
      this.#files.file(picture.id).catch((error: Error) => {
        throw new PictureProblem(error.message);
      });
    const token = this.#stage.client.add({ name: picture.name, read });
    const laid = this.#objectsOf(picture.id).then((objects) => {
      const sheet = newSheet(picture.id, objects);
      this.#sheets.set(token, sheet);
      this.sender.change((outbox) => learned(outbox, knownOf(objects)));
      this.#stage.port.dispatch({ kind: "objects-laid", token, objects: sheet.objects });
    });
    // What could not be fetched is asked for anew.
    laid.catch(() => {
      this.#tokens.delete(picture.id);
      this.#stage.port.dispatch({ kind: "picture-removed", token });
    });
    const brought = { token, laid };
    this.#tokens.set(picture.id, brought);
    return brought;
  }

  async #objectsOf(picture: bigint): Promise<readonly DatasetObject[]> {
    const all: DatasetObject[] = [];
    for (let page = ""; ; ) {
      const { objects, nextPage } = await this.#service.listObjects({ pictures: [picture], pageSize: 1000, page });
      all.push(...objects);
      if (nextPage === "") return all;
      page = nextPage;
    }
  }

  /** Pictures that are not at hand any more leave the page. */
  #leaveOthers(): void {
    const near = new Set(atHand(this.#travel).map(({ id }) => id));
    for (const [id, { token }] of this.#tokens) {
      if (near.has(id)) continue;
      this.#tokens.delete(id);
      this.#sheets.delete(token);
      this.#stage.port.dispatch({ kind: "picture-removed", token });
    }
  }

  #tokenOf(picture: DatasetPicture | undefined): number | undefined {
    return picture && this.#tokens.get(picture.id)?.token;
  }

  #idOf(object: bigint): number | undefined {
    const sheet = this.#sheets.get(this.#tokenOf(this.#travel.current) ?? -1);
    return [...(sheet?.rows ?? [])].find(([, { ref }]) => ref === String(object))?.[0];
  }
}
