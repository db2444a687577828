import { describe, expect, it } from "vitest";
import { DetailMode, MaskFormat } from "../../../proto/index.js";
import {
  answeredSmall,
  click,
  detailedClick,
  finer,
  hover,
  image,
  type Loose,
  notFiner,
  open,
  openOther,
  run,
  smallPart,
} from "../testing/session-events.js";

const begun: Loose[] = [open, image("ready"), detailedClick(1), answeredSmall];

describe("a click's finer answer", () => {
  it("Z1 follows the first under the same sequence, once", () => {
    const { effects } = run([...begun, finer, finer]);
    expect(effects.slice(-4)).toEqual(["decode 1", "answer 1", "make 1 finer", "answer 1 finer"]);
    expect(run([...begun, notFiner, finer]).effects.slice(-2)).toEqual(["answer 1", "make 1 finer"]);
  });

  it.each([
    ["was not asked for", click(1)],
    ["was asked to be none", detailedClick(1, { detail: DetailMode.OFF })],
    ["would be of a hover", hover(1, { detail: DetailMode.ALWAYS })],
  ])("Z1 does not come where it %s", (_name, one) => {
    expect(run([open, image("ready"), one, answeredSmall]).effects.at(-1)).toBe("answer 1");
  });

  it("Z1 has logits where they were asked for", () => {
    const asking = detailedClick(1, { formats: [MaskFormat.LOW_RES_LOGITS] });
    const logits = (one: Loose) => {
      const [effect] = run([open, image("ready"), one, answeredSmall, finer]).last;
      return effect?.kind === "send-finer" ? effect.result.masks.map(({ lowResLogits }) => lowResLogits?.data[0]) : [];
    };
    expect([logits(asking), logits(detailedClick(1))]).toEqual([[6], [undefined]]);
  });

  it("Z5 gives way to a newer click, to another picture, and waits for none", () => {
    expect(run([...begun, click(2)]).effects.slice(-2)).toEqual(["abandon-finer", "decode 2"]);
    expect(run([...begun, detailedClick(2), finer]).effects.at(-1)).toBe("decode 2");
    expect(run([...begun, openOther, finer]).effects.slice(-2)).toEqual(["cancel", "encode"]);
    const waiting = run([open, image("ready"), detailedClick(1), detailedClick(2), answeredSmall]);
    expect(waiting.effects.slice(-2)).toEqual(["answer 1", "decode 2"]);
    expect(run([...begun, hover(2), finer]).effects.slice(-2)).toEqual(["decode 2", "answer 1 finer"]);
  });

  const startOf = (events: Loose[], steps: { crop?: typeof smallPart }[]) => {
    const { last } = run([...events, click(2, { previous: { sequence: 1, mask: 0, steps } })]);
    const decode = last.find((effect) => effect.kind === "decode");
    const source = decode?.request.prompt?.mask?.source;
    return source?.case === "lowResLogits" ? [source.value.data[0], source.value.crop] : source?.case;
  };

  it("Z7 is what a later click starts from whose client had it in hand, and no other", () => {
    const made = [...begun, finer];
    expect(startOf(made, [{ crop: smallPart }])).toEqual([6, smallPart]);
    expect(startOf(made, [])).toEqual([6, smallPart]);
    expect(startOf(made, [{}])).toEqual([4, undefined]);
    expect(startOf([...begun, notFiner], [{}])).toEqual([4, undefined]);
    // Made again from the steps: what is kept is another.
    expect(startOf([...begun, notFiner], [{ crop: smallPart }])).toBe("previous");
    expect(startOf(made, [{ crop: { ...smallPart, x: 16 } }])).toBe("previous");
  });

  it("Z8 is where the gateway chooses it: a click that names a part is refused", () => {
    const one = click(1);
    if (one.kind !== "prompt") throw new Error("a click is a prompt");
    const named = { ...one, request: { ...one.request, crop: smallPart } };
    expect(run([open, image("ready"), named]).effects.at(-1)).toBe("refuse 1 INVALID_ARGUMENT");
  });
});
