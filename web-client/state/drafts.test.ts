import { describe, expect, it } from "vitest";
import { shownMask } from "../canvas/shown-mask.js";
import { targetsOf } from "../take-away/targets.js";
import { announce, describe as inWords } from "./describe.js";
import type { ClientEvent } from "./event.js";
import { canKeep } from "./objects.js";
import type { ShownPicture, State } from "./state.js";
import {
  answer,
  closed,
  draftAnswer,
  imageDraft,
  imageEvent,
  loaded,
  mask,
  point,
  ready,
  refusal,
  run,
  shown,
  welcome,
} from "./testing/fixtures.js";

const drafted = [...shown.encoding, imageDraft];
const hovered: ClientEvent[] = [
  { kind: "pointer-moved", place: { x: 5, y: 5, radius: 1 }, way: [], isTouch: false, reach: 0 },
  { kind: "hover", x: 5, y: 5, atMs: 2_600 },
];

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("no picture");
  return picture;
}
const lookOf = (events: readonly ClientEvent[]) => {
  const seen = shownMask(pictureOf(run(events)[0]));
  return seen && [seen.look, seen.mask.area, seen.isDraft];
};

describe("a click while there is a draft of the picture", () => {
  const clicked = [...drafted, point()];

  it("is sent at once, shows its draft, and then its own mask in the same place", () => {
    expect(run(clicked)[1]).toMatchObject([{ kind: "segment", sequence: 1, preview: false }]);
    expect(lookOf(clicked)).toBeUndefined();
    expect(lookOf([...clicked, draftAnswer(1)])).toEqual(["draft", 4, true]);
    // The picture is ready before the click is answered: nothing flickers.
    expect(lookOf([...clicked, draftAnswer(1), ready])).toEqual(["draft", 4, true]);
    const [state] = run([...clicked, draftAnswer(1), ready, answer(1)]);
    expect(shownMask(pictureOf(state))).toMatchObject({ look: "final", isDraft: false });
    expect(pictureOf(state)).toMatchObject({ drafts: [], edit: { waiting: [] } });
  });

  it("has nothing that could be kept, taken home, chosen among or saved", () => {
    const [state] = run([...clicked, draftAnswer(1, [mask(4), mask(6)])]);
    expect(canKeep(state)).toBe(false);
    expect(targetsOf(state)).toEqual({ one: undefined, all: [] });
    const before = pictureOf(state).edit;
    for (const event of [{ kind: "object-kept" }, { kind: "candidate", index: 1 }] as const) {
      expect(pictureOf(run([event], state)[0]).edit).toBe(before);
    }
    expect(JSON.stringify(before)).not.toContain("predictedIou");
    const other: ClientEvent[] = [
      { kind: "picture-chosen", token: 2, name: "dog.jpg" },
      { ...loaded(), token: 2 },
    ];
    expect(pictureOf(run(other, state)[0]).drafts).toEqual([]);
  });

  it("is refined from its own mask, whose draft is seen until then", () => {
    const refined = [...clicked, draftAnswer(1), point(9)];
    expect(run(refined)[1]).toMatchObject([{ prompts: { from: { sequence: 1, mask: 0 } } }]);
    expect(lookOf(refined)).toEqual(["draft", 4, true]);
    expect(lookOf([...refined, ready, answer(1)])).toEqual(["pending", 5, false]);
    expect(lookOf([...refined, draftAnswer(2, [mask(8)])])).toEqual(["draft", 8, true]);
  });

  it("loses its draft with what makes it no question any more", () => {
    const clear: ClientEvent = { kind: "clear" };
    expect(lookOf([...clicked, draftAnswer(1), clear])).toBeUndefined();
    expect(lookOf([...clicked, draftAnswer(1), clear, { kind: "undo" }])).toEqual(["draft", 4, true]);
    expect(lookOf([...clicked, draftAnswer(1), ready, refusal(1)])).toBeUndefined();
    const failed = imageEvent({ case: "missing", value: {} });
    expect(lookOf([...clicked, draftAnswer(1), failed])).toBeUndefined();
    // A draft that shows nothing is none.
    expect(lookOf([...clicked, draftAnswer(1, [])])).toBeUndefined();
  });

  it("keeps it while the connection is lost, and asks again", () => {
    const lost = [...clicked, draftAnswer(1), closed()];
    expect(lookOf(lost)).toEqual(["draft", 4, true]);
    const reconnect: ClientEvent = { kind: "timer", name: "reconnect", atMs: 5_000 };
    const [, effects] = run([...lost, reconnect, welcome()]);
    expect(effects).toMatchObject([{ kind: "open-image" }, { kind: "segment", sequence: 1 }]);
  });
});

describe("a preview", () => {
  it("is asked of the draft where the pointer rests, and of the picture when that is ready", () => {
    const [, first] = run([...shown.encoding, hovered[0]!, imageDraft]);
    expect(first).toMatchObject([{ kind: "segment", preview: true, sequence: 1 }]);
    const seen = [...shown.encoding, hovered[0]!, imageDraft, draftAnswer(1)];
    expect(lookOf(seen)).toEqual(["preview", 4, true]);
    expect(run([...seen, ready])[1]).toMatchObject([{ kind: "segment", preview: true, sequence: 2 }]);
    expect(lookOf([...seen, ready])).toEqual(["preview", 4, true]);
    expect(lookOf([...seen, ready, answer(2)])).toEqual(["preview", 5, false]);
  });

  it("that is on its way is not asked twice: it is answered from the picture", () => {
    expect(run([...drafted, ...hovered, ready])[1]).toEqual([]);
    expect(lookOf([...drafted, ...hovered, ready, answer(1)])).toEqual(["preview", 5, false]);
  });

  it("says nothing of the pace of previews while the picture is encoded", () => {
    const before = run(drafted)[0].previewing;
    const after = run([...drafted, ...hovered, draftAnswer(1)])[0].previewing;
    expect(after).toEqual({ ...before, lastAskedAtMs: 2_600 });
  });

  it("waits for the picture where it would start from a mask", () => {
    const press: ClientEvent = { kind: "press", x: 9, y: 9, label: 1, atMs: 2_700 };
    expect(run([...drafted, press])[1]).toMatchObject([{ preview: true }]);
    expect(run([...drafted, point(), draftAnswer(1), press])[1]).toEqual([]);
  });
});

it("is told of in words, seen and spoken", () => {
  const [state] = run(drafted);
  expect(inWords(state, 2_000).text).toMatch(/^You can click already/);
  expect(announce(state, 2_000)).toBe(inWords(state, 2_000).text);
  const [found] = run([...drafted, point(), draftAnswer(1)]);
  expect(inWords(found, 9_000).text).toBe("Draft: 0.5 % of the picture, the exact outline follows");
  expect(announce(found, 9_000)).toBe("Draft: 0.5 % of the picture, the exact outline follows");
  expect(announce(run([ready], found)[0], 9_000)).toMatch(/^Draft/);
  expect(announce(run([ready, answer(1)], found)[0], 9_000)).toMatch(/^Object found/);
});

it("is of no use in another size", () => {
  const other = imageEvent({ case: "draft", value: { image: { width: 41, height: 20 } } });
  expect(run([...shown.encoding, other])[0].picture.kind).toBe("refused");
});
