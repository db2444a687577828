import { setTimeout as sleep } from "node:timers/promises";
import type { SegmentResponse } from "../../proto/index.js";
import { ConnectedStore, type PictureEffect } from "../../web-client/connected-store.js";
import { hasPrompts } from "../../web-client/sdk/session/prompts.js";
import { Upload } from "../../web-client/sdk/upload/upload.js";
import { inWords } from "../../web-client/state/errors.js";
import type { ClientEvent } from "../../web-client/state/event.js";
import type { ShownPicture, State } from "../../web-client/state/state.js";
import type { Step } from "../../web-client/state/work.js";
import type { Picture } from "./album.js";
import type { Ledger } from "./ledger.js";
import type { Click, Gesture, Turn } from "./turns.js";
import { WatchedSocket } from "./watched-socket.js";
import { type Faults, type MaskOracle, WireLog } from "./wire-log.js";

interface PersonOptions {
  /** Base URLs. A connection that is lost is made again to the next in the list, as a balancer would choose. */
  readonly gateways: readonly string[];
  /** Which of them comes first. */
  readonly first: number;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly oracle: MaskOracle;
}

/** Before somebody presses "Try again". */
const impatienceMs = 300;
/** Of one click or picture; whoever presses more often has met something that does not mend. */
const mostPresses = 40;

/** Somebody at the web client: its real state, its real network code, a `ws` socket where a browser has its own. */
export class Person {
  readonly closeCodes: number[] = [];
  readonly #options: PersonOptions;
  readonly #connected: ConnectedStore;
  readonly #upload: Upload;
  readonly #pictures = new Map<number, Picture>();
  /** The ledger's number of each click that has not ended, by its sequence. */
  readonly #open = new Map<number, number>();
  /** On which connection a click was sent last. */
  readonly #sentOn = new Map<number, number>();
  readonly #watchers = new Set<() => void>();
  readonly #left = new AbortController();
  #socket: WatchedSocket | undefined;
  #connections = 0;
  #lastToken = 0;
  /** For the ends of its clicks. */
  #isWaiting = false;

  constructor(options: PersonOptions) {
    this.#options = options;
    this.#connected = new ConnectedStore({
      openSocket: () => this.#openSocket(),
      run: (effect) => this.#run(effect),
      changed: () => this.#changed(),
    });
    this.#upload = new Upload(
      { at: (path) => `${this.gateway}/${path}`, headers: () => ({}) },
      {
        onProgress: () => {},
        onEvent: (token, event) => this.#dispatch({ kind: "upload-event", token, event, atMs: performance.now() }),
        onFailure: (token, failure) =>
          this.#dispatch({ kind: "upload-failed", token, failure: inWords(failure), atMs: performance.now() }),
      },
    );
  }

  /** The one that this person is or was connected to. */
  get gateway(): string {
    const { gateways, first } = this.#options;
    return gateways[(first + Math.max(0, this.#connections - 1)) % gateways.length] as string;
  }

  get state(): State {
    return this.#connected.store.state;
  }

  /** Where this person stands, in a few words. */
  get situation(): string {
    const { link, picture } = this.state;
    const clicks = picture.kind === "empty" ? [] : picture.edit.waiting;
    const sent = clicks.filter(({ sentAtMs }) => sentAtMs !== undefined).length;
    return [
      `${this.#isWaiting ? "waiting" : "thinking"} with the picture ${picture.kind}`,
      ...(link.kind === "open" ? [] : [`the connection ${link.kind}`]),
      ...(clicks.length === 0 ? [] : [`${sent} of ${clicks.length} clicks sent`]),
    ].join(", ");
  }

  connect(): void {
    this.#connected.connect();
  }

  /** Leaves at once, whatever waits. */
  leave(): void {
    this.#left.abort();
    this.#connected.close();
    this.#upload.stop();
    this.#socket?.terminate();
    for (const look of [...this.#watchers]) look();
  }

  /** Puts another picture on the canvas; its clicks may be made at once. */
  show(picture: Picture): void {
    const token = ++this.#lastToken;
    this.#pictures.set(token, picture);
    this.#dispatch({ kind: "picture-chosen", token, name: picture.name });
  }

  /** Everything that undo and redo can reach, with the masks that each step has. */
  history(): string {
    const { edit } = this.#picture();
    const steps = stepsOf(this.#picture());
    return JSON.stringify([edit.past.length, steps.map(({ prompts, answer }) => [prompts, answer?.masks.map(runsOf)])]);
  }

  /**
   * @param between what comes between two gestures; false ends the turn.
   * @throws Error when the page does not show what it must.
   */
  async take(turn: Turn, between: () => Promise<boolean>): Promise<void> {
    for (const gesture of turn) {
      await this.#act(gesture);
      if (!(await between())) return;
    }
  }

  /** Resolves when every click has its end and the picture is ready, pressing "Try again" where the page offers it. */
  async settled(): Promise<void> {
    this.#isWaiting = true;
    await this.#settle();
    this.#isWaiting = false;
  }

  async #settle(): Promise<void> {
    for (let presses = 0; ; presses++) {
      await this.until(({ picture }) => picture.kind !== "empty" && (isStuck(picture) || isDone(picture)));
      const picture = this.#picture();
      if (!isStuck(picture)) return this.#noteRefused(picture);
      if (presses >= mostPresses) throw new Error(`"Try again" did not help ${presses} times: ${wordsOf(picture)}`);
      await this.pause(impatienceMs);
      this.#tryAgain();
    }
  }

  /** Resolves, with true, when no preview is under way. */
  async previewed(): Promise<boolean> {
    await this.until(({ picture }) => picture.kind === "empty" || picture.edit.hover.asked.length === 0);
    return true;
  }

  /** Resolves when a session that was lost is there again, with its picture. */
  resumed(): Promise<void> {
    return this.until(({ link, picture }) => link.kind === "open" && picture.kind === "ready");
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#left.signal });
  }

  /** Resolves when the page's state is such. Rejects when the person leaves. */
  until(isSuch: (state: State) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const isOver = this.#left.signal.aborted;
        if (!isOver && !isSuch(this.state)) return;
        this.#watchers.delete(look);
        if (isOver) reject(this.#left.signal.reason);
        else resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async #act(gesture: Gesture): Promise<void> {
    switch (gesture.kind) {
      case "clicks":
        for (const click of gesture.clicks) this.#click(click);
        await this.settled();
        return this.#checkAnswered();
      case "hover":
        this.#dispatch({ kind: "hover", x: gesture.x, y: gesture.y, atMs: performance.now() });
        return;
      default:
        this.#dispatch({ kind: gesture.kind });
        return this.#checkAnswered();
    }
  }

  #click(click: Click): void {
    const { ledger } = this.#options;
    const atMs = performance.now();
    this.#open.set(this.state.nextSequence, ledger.made(atMs));
    this.#dispatch({ ...click, atMs });
  }

  /** The same click under a new number. */
  #tryAgain(): void {
    const { present } = this.#picture().edit;
    const click = this.#open.get(present.sequence);
    if (click !== undefined && present.problem !== undefined) {
      this.#open.delete(present.sequence);
      this.#open.set(this.state.nextSequence, click);
    }
    this.#dispatch({ kind: "retry", atMs: performance.now() });
  }

  /** What the page has asked for and settled has masks, or says why not, wherever undo and redo have put it. */
  #checkAnswered(): void {
    const isBare = (step: Step) => hasPrompts(step.prompts) && !step.answer && step.problem === undefined;
    if (stepsOf(this.#picture()).some(isBare)) throw new Error("a step has neither masks nor a reason");
  }

  /** Steps that were refused for good while the person was further on already. */
  #noteRefused(picture: ShownPicture): void {
    for (const step of stepsOf(picture)) {
      if (problemOf(step) !== undefined) this.#end(step, "refused");
    }
  }

  #picture(): ShownPicture {
    const { picture } = this.state;
    if (picture.kind === "empty") throw new Error("there is no picture on the canvas");
    return picture;
  }

  #dispatch(event: ClientEvent): void {
    if (!this.#left.signal.aborted) this.#connected.dispatch(event);
  }

  #openSocket(): WatchedSocket {
    const number = ++this.#connections;
    const { faults, oracle, ledger } = this.#options;
    this.#socket = new WatchedSocket(this.gateway, new WireLog(faults, oracle), {
      onClick: (sequence) => {
        const click = this.#open.get(sequence);
        const before = this.#sentOn.get(sequence);
        if (click !== undefined && before !== undefined && before !== number) ledger.resent(click);
        this.#sentOn.set(sequence, number);
      },
      onAnswer: (response) => this.#answered(response),
      onClose: (code) => this.closeCodes.push(code),
    });
    return this.#socket;
  }

  #answered({ sequence, outcome }: SegmentResponse): void {
    const click = this.#open.get(sequence);
    if (click !== undefined && outcome.case === "error") this.#options.ledger.refused(click);
  }

  #send(token: number, { bytes, imageId }: Picture): void {
    this.#upload.start(token, new Blob([bytes as Uint8Array<ArrayBuffer>]), { imageId });
  }

  #run(effect: PictureEffect): void {
    switch (effect.kind) {
      case "load-picture":
        return this.#load(effect.token);
      case "upload":
        return this.#send(effect.token, this.#pictures.get(effect.token) as Picture);
      case "stop-upload":
        return this.#upload.stop();
      default:
      // Of the strip beside the canvas nothing is asked here.
    }
  }

  #load(token: number): void {
    const { width, height, bytes, imageId } = this.#pictures.get(token) as Picture;
    const atMs = performance.now();
    this.#dispatch({ kind: "picture-loaded", token, width, height, bytes: bytes.byteLength, imageId, atMs });
  }

  #changed(): void {
    this.#noteEnds();
    for (const look of [...this.#watchers]) look();
  }

  #noteEnds(): void {
    const { picture } = this.state;
    if (picture.kind === "empty" || this.#open.size === 0) return;
    for (const step of stepsOf(picture)) if (step.answer) this.#end(step, "answered");
  }

  #end({ sequence }: Step, outcome: "answered" | "refused"): void {
    const click = this.#open.get(sequence);
    if (click === undefined) return;
    this.#open.delete(sequence);
    this.#options.ledger.ended(click, outcome, performance.now());
  }
}

const stepsOf = ({ edit }: ShownPicture) => [...edit.past, edit.present, ...edit.future];

const runsOf = (mask: { rle?: { counts: string } }) => mask.rle?.counts;

const isDone = ({ kind, edit }: ShownPicture) => kind === "ready" && edit.waiting.length === 0;

/** Nothing more happens by itself: the page shows a problem and offers to try again. */
const isStuck = (picture: ShownPicture) =>
  picture.kind === "refused" || (picture.edit.waiting.length === 0 && problemOf(picture.edit.present) !== undefined);

const problemOf = (step: Step) => (step.answer ? undefined : step.problem);

const wordsOf = (picture: ShownPicture) =>
  picture.kind === "refused" ? picture.message : problemOf(picture.edit.present);
