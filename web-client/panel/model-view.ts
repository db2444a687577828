import type { Model } from "../../proto/index.js";
import { pageGateway } from "../access/bearer.js";
import { remember, remembered } from "../remembered.js";
import { listModels } from "../sdk/http/list-models.js";
import { type Ability, isAble, modelInUse } from "../state/models.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

const key = "maskwire-model";
/** In the page's address, so that a link says it too. */
const parameter = "model";
const abilities: readonly Ability[] = ["points", "negatives", "boxes"];

/** The choice among the service's models, where it has several, and what the chosen one cannot be asked. */
export class ModelView implements View {
  readonly #field = element("model-field", HTMLElement);
  readonly #choice = element("model", HTMLSelectElement);
  readonly #hint = element("model-hint", HTMLElement);
  readonly #dispatch: StatePort["dispatch"];
  #served: readonly Model[] = [];
  /** The gateway that was asked last is still connected. */
  #isListed = false;

  constructor({ dispatch }: StatePort) {
    this.#dispatch = dispatch;
    const id = new URLSearchParams(location.search).get(parameter) ?? remembered(key);
    if (id) dispatch({ kind: "model-chosen", id, atMs: performance.now() });
    this.#choice.addEventListener("change", () => {
      dispatch({ kind: "model-chosen", id: this.#choice.value, atMs: performance.now() });
    });
  }

  parts({ link, models }: State): readonly unknown[] {
    return [link.kind === "open", models];
  }

  render(state: State): void {
    const { served, chosen } = state.models;
    const isOpen = state.link.kind === "open";
    if (isOpen && !this.#isListed) void this.#list();
    this.#isListed = isOpen;
    if (served.length === 0) return;
    keep(chosen);
    this.#field.hidden = served.length < 2;
    if (served !== this.#served) {
      this.#served = served;
      this.#choice.replaceChildren(...served.map(({ id, title }) => new Option(title || id, id)));
    }
    const model = modelInUse(state);
    if (model !== undefined && this.#choice.value !== model.id) this.#choice.value = model.id;
    const lacks = abilities.filter((ability) => !isAble(model, ability)).map((ability) => words.models.lacks[ability]);
    setText(this.#hint, lacks.join(" "));
  }

  /** Anew with each connection: it may be another gateway's, or a newer one. */
  async #list(): Promise<void> {
    try {
      this.#dispatch({ kind: "models-listed", models: await listModels(pageGateway), atMs: performance.now() });
    } catch {
      // The usual one is asked without a list; what is wrong, its answers say.
    }
  }
}

/** For the next visit, and in the address. */
function keep(chosen: string | undefined): void {
  remember(key, chosen);
  const address = new URL(location.href);
  if ((address.searchParams.get(parameter) ?? undefined) === chosen) return;
  if (chosen === undefined) address.searchParams.delete(parameter);
  else address.searchParams.set(parameter, chosen);
  history.replaceState(history.state, "", address);
}
