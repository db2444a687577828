import type { SegmentRequest } from "../../proto/index.js";
import type { Place, SessionEvent } from "../sdk/session/event.js";
import type { Preference } from "./choice.js";
import { initialRouting, placeOf, type Routing, type RoutingEvent, route } from "./routing.js";
import type { DecoderPort } from "./worker-decoder.js";

/** What it says beside what the session says: prompts are decoded elsewhere from now on. */
type Moved = { readonly kind: "decoding-moved"; readonly place: Place };

/** What the router needs of the program around it. */
interface Paths {
  /** Left out where there is no decoder but the server's. */
  readonly openDecoder?: ((onEvent: (event: RoutingEvent) => void) => DecoderPort) | undefined;
  readonly preference: Preference;
  readonly isFrugal: boolean;
  /** To the server. */
  readonly send: (request: SegmentRequest) => void;
  readonly dispatch: (event: SessionEvent | Moved) => void;
  readonly changed: () => void;
}

/** Stands between the state and the session: prompts go to the server or to the decoder here, and either's answers come back alike. */
export class Router {
  readonly #paths: Paths;
  readonly #decoder: DecoderPort | undefined;
  #routing: Routing;
  #place: Place = "server";

  constructor(paths: Paths) {
    this.#paths = paths;
    this.#decoder = paths.openDecoder?.((event) => this.#handle(event));
    this.#routing = initialRouting(this.#decoder === undefined ? "server" : paths.preference, paths.isFrugal);
  }

  get routing(): Routing {
    return this.#routing;
  }

  ask(request: SegmentRequest): void {
    this.#handle({ kind: "asked", request, atMs: performance.now() });
  }

  /** @param model "" for the usual one. */
  open(imageId: string, model = ""): void {
    this.#handle({ kind: "opened", imageId, model });
  }

  prefer(preference: Preference): void {
    if (this.#decoder !== undefined) this.#handle({ kind: "preferred", preference });
  }

  /** The connection is given up by the program itself. */
  close(): void {
    this.#decoder?.run({ kind: "stop" });
  }

  /** What the session says goes on to the state; of answers, each once. */
  hear(event: SessionEvent): void {
    switch (event.kind) {
      case "answer":
        this.#handle({ kind: "answered", response: event.response, atMs: event.atMs });
        break;
      case "socket-closed":
        // First, since the state may ask again at once.
        this.#handle({ kind: "lost" });
        this.#paths.dispatch(event);
        break;
      case "image-event": {
        this.#paths.dispatch(event);
        const { imageId, event: what } = event.event;
        const image = what.case === "ready" ? what.value.image : undefined;
        if (image !== undefined) {
          this.#handle({ kind: "embedded", imageId, size: { width: image.width, height: image.height } });
        }
        break;
      }
      default:
        this.#paths.dispatch(event);
    }
  }

  #handle(event: RoutingEvent): void {
    const before = this.#routing;
    const [next, effects] = route(before, event);
    // Set before the effects run: an answer may lead to the next question at once.
    this.#routing = next;
    for (const effect of effects) {
      switch (effect.kind) {
        case "send":
          this.#paths.send(effect.request);
          break;
        case "answer": {
          const { response, place } = effect;
          this.#paths.dispatch({ kind: "answer", response, place, atMs: performance.now() });
          break;
        }
        default:
          this.#decoder?.run(effect);
      }
    }
    this.#tellPlace();
    if (this.#routing !== before) this.#paths.changed();
  }

  #tellPlace(): void {
    const place = placeOf(this.#routing);
    if (place === this.#place) return;
    this.#place = place;
    this.#paths.dispatch({ kind: "decoding-moved", place });
  }
}
