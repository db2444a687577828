import { describe, expect, it } from "vitest";
import { ErrorCode, MaskFormat } from "../../../proto/index.js";
import {
  answered,
  click,
  gone,
  hover,
  image,
  imageA,
  info,
  type Loose,
  limits,
  logitsOf,
  open,
  openOther,
  result,
  run,
} from "../testing/session-events.js";
import type { SessionEvent, SessionState } from "./state.js";
import { step } from "./step.js";

describe("rules", () => {
  it("I1 answers what waited for the image before with CANCELLED, and drops its late news", () => {
    const { state, effects } = run([open, image("ready"), click(1), click(2), openOther]);
    expect(effects.slice(-4)).toEqual(["cancel", "refuse 1 CANCELLED", "refuse 2 CANCELLED", "encode"]);
    expect(step(state, { kind: "answered", opening: 1, result: result(1) }, limits)).toEqual([state, []]);
  });

  it("I1 takes another model of the same picture for another image", () => {
    const otherModel: SessionEvent = { kind: "open", image: { ...imageA, model: "large" } };
    expect(run([open, image("ready"), otherModel]).effects.slice(-2)).toEqual(["cancel", "encode"]);
  });

  it("I2 tells a client that opens a ready picture again that it is cached", () => {
    const { last } = run([open, image("ready"), open]);
    expect(last).toEqual([
      { kind: "send-image", imageId: imageA.imageId, news: { case: "ready", value: { ...info, cached: true } } },
    ]);
  });

  it("I3 keeps what waits when the missing picture is opened again", () => {
    const { effects } = run([open, click(1), image("missing"), click(2), open, image("ready"), answered, answered]);
    expect(effects.slice(-5)).toEqual(["tell ready", "decode 1", "answer 1", "decode 2", "answer 2"]);
  });

  it("I3 looks again when the picture was opened again before it was found missing", () => {
    const { effects } = run([open, click(1), open, image("missing"), image("missing")]);
    expect(effects).toEqual(["cancel", "encode", "encode", "tell missing"]);
  });

  it("I4 gives waiting clicks the reason and goes on with the next image", () => {
    const { last } = run([open, click(1), image("failed")]);
    expect(last[1]).toMatchObject({ kind: "send-error", sequence: 1, error: { message: "Lost." } });
    expect(run([open, image("failed"), openOther, image("ready"), click(2)]).effects.at(-1)).toBe("decode 2");
  });

  it.each([
    ["click", click],
    ["hover", hover],
  ])("C11 refuses a %s whose `previous` does not say which answer it means, whatever was answered", (_kind, ask) => {
    const previous = { previous: { mask: 0, steps: [{ prompt: {} }] } };
    for (const before of [[], [click(1), answered], [click(0), answered]]) {
      const { last } = run([open, image("ready"), ...before, ask(2, previous)]);
      expect(last).toMatchObject([
        { kind: "send-error", sequence: 2, error: { message: expect.stringContaining("`mask.previous.sequence`") } },
      ]);
    }
    const zero = run([open, image("ready"), click(0), answered, ask(2, { previous: { sequence: 0 } })]);
    expect(zero.effects.at(-1)).toBe("decode 2");
  });

  it("C5 takes a click that names the open image or none", () => {
    const { last } = run([open, image("ready"), click(1, { imageId: imageA.imageId })]);
    expect(last[0]).toMatchObject({ kind: "decode", request: { imageId: imageA.imageId } });
    expect(run([open, image("ready"), click(1)]).last[0]).toMatchObject({ request: { imageId: imageA.imageId } });
  });

  it("C6 refuses one click too many with a hint, also before the picture is ready", () => {
    for (const start of [[open], [open, image("ready")]] as Loose[][]) {
      const { last, state } = run([...start, click(1), click(2), click(3)]);
      expect(last).toEqual([
        expect.objectContaining({
          kind: "send-error",
          sequence: 3,
          error: expect.objectContaining({ code: ErrorCode.RESOURCE_EXHAUSTED, retryAfterMs: 250 }),
        }),
      ]);
      const rest = state.kind === "ready" ? [] : [image("ready")];
      expect(run([...rest, answered, answered], state).effects.filter((one) => one.startsWith("answer"))).toEqual([
        "answer 1",
        "answer 2",
      ]);
    }
  });

  it("C8 starts from the latest answered click's logits, which it does not send unless asked", () => {
    const start: Loose[] = [open, image("ready"), click(5), { kind: "answered", result: result(7, 8) }];
    const first = run(start);
    expect(first.last[0]).toMatchObject({ kind: "send-result", result: { masks: [{ area: 7 }, { area: 8 }] } });
    expect(JSON.stringify(first.last)).not.toContain("lowResLogits");
    const { last } = run([...start, click(6, { previous: { sequence: 5, mask: 1 } })]);
    expect(last[0]).toMatchObject({
      kind: "decode",
      request: {
        formats: [MaskFormat.LOW_RES_LOGITS],
        prompt: { mask: { source: { case: "lowResLogits", value: logitsOf(8) } } },
      },
    });
    const asked = run([open, image("ready"), click(5, { formats: [MaskFormat.LOW_RES_LOGITS] }), answered]);
    expect(asked.last[0]).toMatchObject({ result: { masks: [{ lowResLogits: logitsOf(1) }, {}] } });
  });

  it.each([
    ["another click", { sequence: 4, mask: 0 }],
    ["a mask that was not there", { sequence: 5, mask: 2 }],
  ])("C8 refuses a start from %s, for clicks and hovers, and goes on", (_name, previous) => {
    const start: Loose[] = [open, image("ready"), click(5), answered];
    expect(run([...start, click(6, { previous })]).effects.at(-1)).toBe("refuse 6 FAILED_PRECONDITION");
    expect(run([...start, hover(6, { previous })]).effects.at(-1)).toBe("refuse 6 FAILED_PRECONDITION");
    expect(run([...start, click(6, { previous }), click(7)]).effects.at(-1)).toBe("decode 7");
  });

  it("C8 lets a start from a mask that is not kept pass when it carries the steps to make it again", () => {
    const steps = [{ prompt: { points: [{ x: 1, y: 1 }] } }];
    const start: Loose[] = [open, image("ready"), click(5), answered];
    const { effects, last } = run([...start, click(6, { previous: { sequence: 4, mask: 0, steps } })]);
    expect(effects.at(-1)).toBe("decode 6");
    expect(last[0]).toMatchObject({ request: { prompt: { mask: { source: { case: "previous" } } } } });
    // What is kept is not made again.
    // A preview is not worth them (P3).
    const preview = hover(6, { previous: { sequence: 4, mask: 0, steps } });
    expect(run([...start, preview]).effects.at(-1)).toBe("refuse 6 FAILED_PRECONDITION");
    const kept = run([...start, click(6, { previous: { sequence: 5, mask: 1, steps } })]);
    expect(kept.last[0]).toMatchObject({ request: { prompt: { mask: { source: { case: "lowResLogits" } } } } });
  });

  it("C8 finds the logits of a click that is still under way when the next is sent", () => {
    const next = click(2, { previous: { sequence: 1, mask: 0 } });
    expect(run([open, image("ready"), click(1), next, answered]).effects.slice(-2)).toEqual(["answer 1", "decode 2"]);
  });

  it("P1 answers a hover that a newer one or a click replaces with CANCELLED", () => {
    const start: Loose[] = [open, image("ready"), hover(1), hover(2)];
    expect(run([...start, hover(3)]).effects.at(-1)).toBe("refuse 2 CANCELLED");
    expect(run([...start, click(3)]).effects.slice(-4)).toEqual([
      "abandon",
      "refuse 1 CANCELLED",
      "refuse 2 CANCELLED",
      "decode 3",
    ]);
  });

  it("P2 has a click wait for clicks before it, not for a hover", () => {
    const { effects } = run([open, image("ready"), hover(1), click(2), click(3), answered, answered]);
    expect(effects.slice(-6)).toEqual([
      "abandon",
      "refuse 1 CANCELLED",
      "decode 2",
      "answer 2",
      "decode 3",
      "answer 3",
    ]);
    expect(run([open, image("ready"), click(1), click(2)]).effects).not.toContain("abandon");
  });

  it("P2 lets waiting clicks go before a hover that came first", () => {
    const { effects } = run([open, image("ready"), click(1), click(2), hover(3), answered, answered]);
    expect(effects.slice(-4)).toEqual(["answer 1", "decode 2", "answer 2", "decode 3"]);
  });

  it("R3 keeps a click and the logits it needs while the picture is uploaded again", () => {
    const start: Loose[] = [open, image("ready"), click(1), answered, click(2, { previous: { sequence: 1, mask: 1 } })];
    const { effects, last } = run([...start, gone, open, image("ready")]);
    expect(effects.slice(-4)).toEqual(["tell missing", "encode", "tell ready", "decode 2"]);
    expect(last.at(-1)).toMatchObject({ request: { prompt: { mask: { source: { value: logitsOf(2) } } } } });
  });

  it("refuses ten thousand clicks at once without running out of stack", () => {
    let state: SessionState = run([open]).state;
    const many = { ...limits, maxWaitingClicks: 10_000 };
    for (let sequence = 0; sequence < 10_000; sequence++) {
      [state] = step(state, click(sequence, { previous: { sequence: 99, mask: 0 } }), many);
    }
    const [after, effects] = step(state, { ...image("ready"), opening: 1 } as SessionEvent, many);
    expect(effects.length).toBe(10_002);
    expect(after).toMatchObject({ kind: "ready", running: undefined, clicks: [] });
  });
});
