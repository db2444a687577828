import type { Preference } from "../local/choice.js";
import { placeOf, type Routing } from "../local/routing.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

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
    const { preference } = routing;
    if (this.#choice.value !== preference) this.#choice.value = preference;
    setText(this.#hint, hintOf(routing));
  }
}

function hintOf(routing: Routing): string {
  const { decoder } = routing;
  if (decoder.kind === "starting") return words.decoding.starting;
  if (placeOf(routing) === "server") return words.decoding.onServer;
  return decoder.kind === "ready" && decoder.backend === "webgpu" ? words.decoding.onCard : words.decoding.onProcessor;
}
