import { describe, expect, it } from "vitest";
import {
  answered,
  everythingFailed,
  found,
  gone,
  image,
  type Loose,
  limits,
  recovered,
  refused,
  run,
} from "../testing/session-events.js";
import { events, type Row } from "../testing/session-rows.js";
import { table } from "../testing/session-table.js";
import type { SessionEvent } from "./state.js";
import { step } from "./step.js";

const situations = Object.entries(table).flatMap(([kind, all]) =>
  Object.entries(all).map(([name, { by, does }]): [string, Loose[], Row] => [`${kind}, ${name}`, by, does]),
);
const examples = Object.entries(events).flatMap(([kind, all]) =>
  Object.entries(all).map(([name, event]): [string, string, Loose] => [kind, name, event]),
);

describe.each(situations)("%s", (_name, by, does) => {
  it.each(examples)("%s (%s)", (kind, name, event) => {
    const before = run(by);
    const after = run([event], before.state);
    const where = after.state.kind === before.state.kind ? "" : `${after.state.kind}: `;
    const expected = (does as Record<string, Record<string, string>>)[kind]?.[name];
    expect(`${where}${after.effects.join(", ")}`).toBe(expected);
  });

  it("ignores news of an opening before, and of an everything mode before", () => {
    const { state } = run(by);
    for (const event of [image("ready"), image("failed"), answered, refused, recovered, gone]) {
      expect(step(state, { ...event, opening: -1 } as SessionEvent, limits)).toEqual([state, []]);
    }
    for (const event of [found(3, "progress"), found(3, "done"), everythingFailed(3)]) {
      expect(step(state, event, limits)).toEqual([state, []]);
    }
  });
});
