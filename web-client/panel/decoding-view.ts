import type { Preference } from "../local/choice.js";
import { placeOf, type Routing } from "../local/routing.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setData, setText } from "./element.js";

/** Where prompts are decoded: the choice, and what it comes to at the moment. */
export class DecodingView implements View {
  readonly #choice = element("decoding", HTMLSelectElement);
  readonly #hint = element("decoding-hint", HTMLElement);
  readonly #routing: () => Routing;

  constructor({ routing, onPrefer }: { routing: () => Routing; onPrefer: (preference: Preference) => void }) {
    this.#routing = routing;
    this.#choice.disabled = !isSecureContext;
    this.#choice.addEventListener("change", () => onPrefer(this.#choice.value as Preference));
  }

  parts(): readonly unknown[] {
    return [this.#routing()];
  }

  render(): void {
    const routing = this.#routing();
    const { preference, decoder, choice } = routing;
    if (this.#choice.value !== preference) this.#choice.value = preference;
    setText(this.#hint, hintOf(routing));
    setData(this.#choice, "place", placeOf(routing));
    setData(this.#choice, "decoder", decoder.kind);
    setData(this.#choice, "takesMasks", String(decoder.kind === "ready" && decoder.takesMasks));
    // For those who watch the choice being made: the latest times.
    setData(this.#choice, "serverMs", Math.round(choice.server.at(-1) ?? 0));
    setData(this.#choice, "hereMs", Math.round(choice.here.at(-1) ?? 0));
    setData(this.#choice, "backend", decoder.kind === "ready" ? decoder.backend : "");
  }
}

function hintOf(routing: Routing): string {
  const { decoder } = routing;
  if (decoder.kind === "starting") return words.decoding.starting;
  if (placeOf(routing) === "server") return words.decoding.onServer;
  return decoder.kind === "ready" && decoder.backend === "webgpu" ? words.decoding.onCard : words.decoding.onProcessor;
}
