import { create } from "@bufbuild/protobuf";
import { CancelEverythingSchema, OpenImageSchema, SegmentEverythingRequestSchema } from "../proto/index.js";
import type { Preference } from "./local/choice.js";
import { Router } from "./local/router.js";
import type { RoutingEvent } from "./local/routing.js";
import type { DecoderPort } from "./local/worker-decoder.js";
import { longestTimerMs } from "./sdk/longest-timer.js";
import type { SessionEvent } from "./sdk/session/event.js";
import { segmentRequest } from "./sdk/session/request.js";
import { clickSilenceMs } from "./sdk/session/silence.js";
import { Socket, type SocketPort } from "./sdk/session/socket.js";
import { WordsSearch } from "./sdk/session/words-search.js";
import type { ClientEvent, Effect, TimerName } from "./state/event.js";
import { Store } from "./store.js";

/** What is about pictures and their files: the page's to carry out. */
export type PictureEffect = Extract<
  Effect,
  {
    kind:
      | "load-picture"
      | "read-picture"
      | "forget-picture"
      | "prepare"
      | "stop-preparing"
      | "upload"
      | "stop-upload"
      | "refuse-upload";
  }
>;

/** What the state needs of the page around it: in a browser its globals, elsewhere whatever does the same. */
interface Surroundings {
  /** A new connection to a gateway. */
  openSocket(): SocketPort;
  /** A decoder of its own; left out where everything is the server's. */
  openDecoder?(onEvent: (event: RoutingEvent) => void): DecoderPort;
  /** Where prompts are to be decoded; by the faster of both when left out. */
  readonly preference?: Preference;
  /** Whoever counts bytes is sent no decoder unasked. */
  readonly isFrugal?: boolean;
  run(effect: PictureEffect): void;
  changed(): void;
}

/** The state with the edges that need no page: the session's socket and the timers. */
export class ConnectedStore {
  readonly store: Store;
  readonly router: Router;
  readonly #surroundings: Surroundings;
  readonly #socket: Socket;
  readonly #words = new WordsSearch();
  /** When a gateway was last asked for a picture. */
  #openedAtMs = 0;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  /** Clicks that are to be sent again each have a timer of their own. */
  readonly #resends = new Set<ReturnType<typeof setTimeout>>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.store = new Store({ run: (effect) => this.#run(effect), changed: () => surroundings.changed() });
    this.router = new Router({
      openDecoder: surroundings.openDecoder && ((onEvent) => surroundings.openDecoder!(onEvent)),
      preference: surroundings.preference ?? "automatic",
      isFrugal: surroundings.isFrugal ?? false,
      send: (value) => this.#socket.send({ case: "segment", value }),
      dispatch: this.dispatch,
      changed: () => surroundings.changed(),
    });
    this.#socket = new Socket(
      () => surroundings.openSocket(),
      (event) => this.#hear(event),
    );
  }

  #hear(event: SessionEvent): void {
    if (event.kind === "socket-closed") this.#words.lose();
    const found = event.kind === "answer" ? this.#words.hear(event) : undefined;
    if (found === undefined) this.router.hear(event);
    else for (const one of found) this.dispatch(one);
  }

  readonly dispatch = (event: ClientEvent): void => this.store.dispatch(event);

  connect(): void {
    this.#socket.connect();
  }

  /** Gives the connection up; another is made when its time has come. */
  disconnect(): void {
    this.#socket.drop();
  }

  /** Ends the session for good. */
  close(): void {
    for (const timer of [...this.#timers.values(), ...this.#resends]) clearTimeout(timer);
    this.#timers.clear();
    this.#resends.clear();
    this.#socket.close();
    this.router.close();
  }

  #run(effect: Effect): void {
    switch (effect.kind) {
      case "connect":
        this.#socket.connect();
        break;
      case "open-image":
        this.router.open(effect.imageId, effect.model ?? "");
        this.#socket.send({
          case: "openImage",
          value: create(OpenImageSchema, { imageId: effect.imageId, model: effect.model ?? "", drafts: true }),
        });
        this.#openedAtMs = performance.now();
        this.#listen();
        break;
      case "segment":
        this.router.ask(segmentRequest(effect.sequence, effect.prompts, effect.preview, effect.view));
        if (!effect.preview) this.#listen();
        break;
      case "everything": {
        const { imageId, smallestRegionPx: minMaskRegionArea, words } = effect;
        this.#socket.send(
          words === undefined
            ? { case: "everything", value: create(SegmentEverythingRequestSchema, { imageId, minMaskRegionArea }) }
            : { case: "segment", value: this.#words.begin(words, imageId, performance.now()) },
        );
        this.#listen();
        break;
      }
      case "cancel-everything": {
        const ended = this.#words.cancel(performance.now());
        if (ended !== undefined) this.dispatch(ended);
        else this.#socket.send({ case: "cancelEverything", value: create(CancelEverythingSchema) });
        this.#listen();
        break;
      }
      case "disconnect":
        this.#socket.drop();
        break;
      case "stop-upload":
        this.#surroundings.run(effect);
        // What was to be tried again was about the picture before.
        for (const name of ["upload", "reopen"] as const) clearTimeout(this.#timers.get(name));
        break;
      case "timer":
        this.#startTimer(effect.name, effect.delayMs);
        break;
      default:
        this.#surroundings.run(effect);
    }
  }

  /** Something is to be answered: looked at once in a while, until nothing is. */
  #listen(): void {
    if (!this.#timers.has("silence")) this.#startTimer("silence", clickSilenceMs);
  }

  #startTimer(name: TimerName, delayMs: number): void {
    const fire = () => {
      this.#resends.delete(timer);
      if (this.#timers.get(name) === timer) this.#timers.delete(name);
      const heardAtMs = Math.max(this.#socket.heardAtMs, this.#openedAtMs);
      this.dispatch({ kind: "timer", name, atMs: performance.now(), heardAtMs });
    };
    // The server may ask for any pause.
    const timer = setTimeout(fire, Math.min(delayMs, longestTimerMs));
    if (name === "resend") {
      this.#resends.add(timer);
      return;
    }
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, timer);
  }
}
