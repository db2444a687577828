import { type StageName, stagesOf } from "../state/describe.js";
import { milliseconds } from "../state/numbers.js";
import type { State } from "../state/state.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

const names: Record<StageName, string> = words.stages;

/** Where the time of the last click went. */
export class LatencyView implements View {
  readonly #total = element("latency-total", HTMLElement);
  readonly #place = element("latency-place", HTMLElement);
  readonly #none = element("latency-none", HTMLElement);
  readonly #stages = element("stages", HTMLElement);
  readonly #legend = element("legend", HTMLElement);

  parts({ latency }: State): readonly unknown[] {
    return [latency];
  }

  render({ latency }: State): void {
    for (const part of [this.#stages, this.#legend]) part.hidden = latency === undefined;
    this.#none.hidden = latency !== undefined;
    if (latency === undefined) {
      setText(this.#total, "");
      setText(this.#place, "");
      return;
    }
    const stages = stagesOf(latency);
    const totalMs = stages.reduce((sum, { ms }) => sum + ms, 0);
    setText(this.#total, milliseconds(totalMs));
    setText(this.#place, latency.place === "here" ? words.decoding.here : words.decoding.server);
    this.#stages.replaceChildren(
      ...stages.map(({ name, ms }) => {
        const part = document.createElement("span");
        part.className = `stage-part stage-${name}`;
        part.style.flexGrow = String(Math.max(ms, totalMs / 200));
        return part;
      }),
    );
    this.#legend.replaceChildren(...stages.map(({ name, ms }) => legendEntry(name, ms)));
  }
}

function legendEntry(name: StageName, ms: number): HTMLElement {
  const entry = document.createElement("div");
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.textContent = names[name];
  term.className = `stage-name stage-${name}`;
  value.textContent = milliseconds(ms);
  entry.append(term, value);
  return entry;
}
