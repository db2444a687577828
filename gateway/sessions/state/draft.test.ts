import { expect, it } from "vitest";
import { MaskFormat } from "../../../proto/index.js";
import {
  answered,
  click,
  gone,
  hover,
  image,
  logitsOf,
  lost,
  open,
  refused,
  result,
  run,
} from "../testing/session-events.js";

const drafted = [open, image("draft")];

it("V3 answers clicks once each from the draft, in their order, and marks no one's logits", () => {
  const { effects, state } = run([open, click(1), click(2), image("draft"), answered, answered]);
  expect(effects.slice(2)).toEqual(["tell draft", "draft 1", "sketch 1", "draft 2", "sketch 2"]);
  expect(state).toMatchObject({ kind: "drafted", answered: undefined, running: undefined });
  const asked = run([...drafted, click(1, { formats: [MaskFormat.PNG, MaskFormat.LOW_RES_LOGITS] })]);
  expect(asked.last).toMatchObject([{ kind: "decode", request: { draft: true, formats: [] } }]);
});

it("V4 answers all of them for good once the picture is ready", () => {
  const { effects } = run([...drafted, click(1), answered, click(2), image("ready"), answered, answered]);
  expect(effects.slice(3)).toEqual([
    "draft 1",
    "sketch 1",
    "draft 2",
    "abandon",
    "tell ready",
    "decode 1",
    "answer 1",
    "decode 2",
    "answer 2",
  ]);
});

it("V4 says nothing of a click that the draft's decoder has refused: its own answer will", () => {
  expect(run([...drafted, click(1), refused, image("ready"), refused]).effects.slice(4)).toEqual([
    "tell ready",
    "decode 1",
    "refuse 1 UNAVAILABLE",
  ]);
});

it("V5 has a click that starts from an earlier one's mask wait for the embedding, and then start from that one's own", () => {
  const refining = click(2, { previous: { sequence: 1, mask: 1 } });
  const before = run([...drafted, click(1), answered, refining]);
  expect(before.effects.slice(-2)).toEqual(["draft 1", "sketch 1"]);
  const after = run([image("ready"), { kind: "answered", result: result(5, 6) }], before.state);
  expect(after.last.at(-1)).toMatchObject({
    kind: "decode",
    request: { sequence: 2, draft: false, prompt: { mask: { source: { value: logitsOf(6) } } } },
  });
  const hovering = run([...drafted, hover(1, { previous: { sequence: 1 } })]);
  expect(hovering.effects.at(-1)).toBe("refuse 1 FAILED_PRECONDITION");
});

it("V6 asks a preview that is under way again once the picture is ready, and answers it once", () => {
  const { effects } = run([...drafted, hover(1), image("ready"), answered]);
  expect(effects.slice(3)).toEqual(["draft 1", "abandon", "tell ready", "decode 1", "answer 1"]);
});

it("V7 takes a draft that is lost for none", () => {
  const { effects } = run([...drafted, click(1), lost, hover(2), click(3), image("ready"), answered]);
  expect(effects.slice(4)).toEqual(["refuse 2 FAILED_PRECONDITION", "tell ready", "decode 1", "answer 1", "decode 3"]);
  // Another encoder has begun anew.
  expect(run([...drafted, click(1), lost, image("draft")]).effects.slice(-2)).toEqual(["tell draft", "draft 1"]);
});

it("V7 goes on with the draft when what a prompt needs beside it is gone", () => {
  const { effects, state } = run([...drafted, hover(1), gone, hover(2), click(3), gone, answered]);
  expect(effects.slice(3)).toEqual([
    "draft 1",
    "abandon",
    "refuse 1 FAILED_PRECONDITION",
    "draft 2",
    "abandon",
    "refuse 2 CANCELLED",
    "draft 3",
    "abandon",
  ]);
  expect(state).toMatchObject({ kind: "drafted", running: undefined, clicks: [{ sequence: 3 }] });
});

it("V8 lets no client say that a prompt is of a draft", () => {
  const asked = click(1);
  if (asked.kind !== "prompt") throw new Error("no prompt");
  const { last } = run([open, image("ready"), { kind: "prompt", request: { ...asked.request, draft: true } }]);
  expect(last).toMatchObject([{ kind: "decode", request: { draft: false } }]);
});
