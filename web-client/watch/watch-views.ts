import { placeOf, type Routing } from "../local/routing.js";
import { stagesOf } from "../state/describe.js";
import type { State } from "../state/state.js";
import type { Views } from "../state/view.js";
import { type Attributes, AttributeView } from "./attribute-view.js";
import { canvasAttributes } from "./canvas-attributes.js";

/** For those who watch the page without seeing it, such as tests and benchmarks: what it knows, beside what it shows. */
export function watchViews(routing: () => Routing): Views {
  return {
    canvas: [new AttributeView("canvas", (state) => canvasAttributes(state, routing()))],
    others: [
      new AttributeView("decoding", () => decodingAttributes(routing())),
      new AttributeView("legend", latencyAttributes),
      new AttributeView("saved", ({ page }) => ({ status: page.saving })),
    ],
  };
}

function decodingAttributes(routing: Routing): Attributes {
  const { decoder, choice } = routing;
  return {
    place: placeOf(routing),
    decoder: decoder.kind,
    takesMasks: decoder.kind === "ready" && decoder.takesMasks,
    backend: decoder.kind === "ready" ? decoder.backend : "",
    // The latest times, for the choice to be seen as it is made.
    serverMs: Math.round(choice.server.at(-1) ?? 0),
    hereMs: Math.round(choice.here.at(-1) ?? 0),
  };
}

function latencyAttributes({ latency }: State): Attributes {
  if (latency === undefined) return { sequence: 0, drawn: false, place: "", stages: "{}" };
  const { sequence, drawMs, place } = latency;
  const stages = Object.fromEntries(stagesOf(latency).map(({ name, ms }) => [name, ms]));
  return { sequence, drawn: drawMs !== undefined, place, stages: JSON.stringify(stages) };
}
