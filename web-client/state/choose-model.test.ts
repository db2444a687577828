import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Model, type ModelCapabilitiesSchema, ModelPoints, ModelSchema } from "../../proto/index.js";
import type { ClientEvent } from "./event.js";
import { isAble, lackFor, modelInUse } from "./models.js";
import type { ShownPicture, State } from "./state.js";
import {
  answer,
  begin,
  chosen,
  closed,
  large,
  loaded,
  point,
  ready,
  refusal,
  run,
  shown,
  welcome,
} from "./testing/fixtures.js";
import { tools } from "./tools.js";

const model = (id: string, capabilities: MessageInitShape<typeof ModelCapabilitiesSchema> = {}) =>
  create(ModelSchema, {
    id,
    title: `The ${id}`,
    capabilities: { points: ModelPoints.ALL, boxes: true, maskInput: true, candidates: 3, ...capabilities },
  });
const served = [
  model("usual"),
  model("other"),
  model("boxes", { points: ModelPoints.NONE }),
  model("positive", { points: ModelPoints.POSITIVE, boxes: false, maskInput: false }),
];
const list = (models: readonly Model[]): ClientEvent => ({ kind: "models-listed", models, atMs: 900 });
const listed = list(served);
const plain = model("plain", { maskInput: false });
const choose = (id: string | undefined): ClientEvent => ({ kind: "model-chosen", id, atMs: 5_000 });

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("no picture");
  return picture;
}
const kinds = (events: readonly ClientEvent[]) => run(events)[1].map(({ kind }) => kind);

describe("another model", () => {
  const clicked = [...shown.ready, listed, point(), answer(1), { kind: "object-kept" } as const, point(9), answer(2)];

  it("opens the picture again, and is asked of the current object; what was done stays, the mask in hand a step back", () => {
    const [state, effects] = run([...clicked, choose("other")]);
    expect(effects).toMatchObject([
      { kind: "stop-upload" },
      { kind: "open-image", model: "other" },
      { kind: "segment", sequence: 3, prompts: { points: [{ x: 9 }], from: undefined } },
    ]);
    expect(pictureOf(state)).toMatchObject({
      kind: "opening",
      edit: { present: { objects: [{ id: 1 }], sequence: 3 } },
    });
    const [undone] = run([ready, answer(3), { kind: "undo" }], state);
    expect(pictureOf(undone).edit.present).toMatchObject({ sequence: 2, answer: { chosen: 0 } });
  });

  it("is asked what waits under new numbers, since the session gives up the old ones", () => {
    const [state, effects] = run([...shown.ready, listed, point(), point(9), choose("other")]);
    expect(effects.filter(({ kind }) => kind === "segment")).toMatchObject([{ sequence: 3 }, { sequence: 4 }]);
    const [answered] = run([ready, answer(1), answer(3), answer(4)], state);
    expect(pictureOf(answered).edit).toMatchObject({ waiting: [], present: { sequence: 4, answer: { chosen: 0 } } });
    expect(pictureOf(answered).edit.past.at(-1)).toMatchObject({ sequence: 3, answer: { chosen: 0 } });
  });

  it("is the usual one again by its id or without one, and nothing where it is asked already", () => {
    const [state] = run([...clicked, choose("other"), choose("usual")]);
    expect([state.models.chosen, modelInUse(state)?.id]).toEqual([undefined, "usual"]);
    expect(kinds([...clicked, choose("usual")])).toEqual([]);
    expect(kinds([...clicked, choose("other"), choose("other")])).toEqual([]);
  });

  const fromOf = (events: readonly ClientEvent[], state?: State) =>
    run(events, state)[1].flatMap((effect) => (effect.kind === "segment" ? [effect.prompts.from] : []));

  it("starts from no mask of another: not what waits, nor what is undone, redone, moved or refused", () => {
    const refined = [...shown.ready, listed, point(), answer(1), point(9)];
    expect(fromOf(refined)).toMatchObject([{ sequence: 1 }]);
    // Asked by the other model: without the mask, and gone on from with what it was asked.
    const [waits, effects] = run([...refined, choose("other")]);
    expect(effects).toMatchObject([{}, {}, { kind: "segment", sequence: 3, prompts: { from: undefined } }]);
    expect(pictureOf(waits).edit.present).toMatchObject({ model: "other", prompts: { from: undefined } });
    expect(fromOf([ready, answer(3), point(11)], waits)).toMatchObject([
      { sequence: 3, model: "other", prompts: { from: undefined } },
    ]);
    const undone = [...refined, answer(2), choose("other"), ready, answer(3), { kind: "undo" } as const];
    expect(fromOf([...undone, point(11)])).toEqual([undefined]);
    expect(fromOf([...undone, { kind: "undo" }, { kind: "redo" }, point(11)])).toEqual([undefined]);
    expect(fromOf([...undone, { kind: "point-moved", index: 1, x: 8, y: 8, atMs: 5_100 }])).toEqual([undefined]);
    expect(fromOf([...undone, { kind: "press", x: 7, y: 4, label: 1, atMs: 5_100 }])).toEqual([undefined]);
    expect(fromOf([...refined, refusal(2), choose("other"), ready, point(11)])).toEqual([undefined]);
    // Its own again.
    expect(fromOf([...undone, choose("usual"), ready, answer(4), { kind: "undo" }, point(11)])).toMatchObject([
      { sequence: 2, prompts: { from: { sequence: 1 } } },
    ]);
  });

  it("starts from no mask of another on a picture that was left with a click that waits", () => {
    const second: ClientEvent[] = [
      { kind: "picture-chosen", token: 2, name: "dog.jpg" },
      { ...loaded(`sha256:${"cd".repeat(32)}`), token: 2 },
    ];
    const left = [...shown.ready, listed, point(), answer(1), point(9), ...second, choose("other")];
    const back: ClientEvent[] = [{ kind: "picture-opened", token: 1 }, loaded()];
    const [state] = run([...left, ...back]);
    expect(pictureOf(state).edit.present).toMatchObject({ sequence: 2, model: "other", prompts: { from: undefined } });
    expect(fromOf([...left, ...back])).toEqual([undefined]);
  });

  it("is not asked about a picture that is over the service's limits, nor is that tried again", () => {
    const refused = [welcome({ maxImageBytes: 10 }), listed, chosen, loaded(undefined)];
    const [state, effects] = run([...refused, choose("other")]);
    expect([effects, state.models.chosen, state.picture.kind]).toEqual([[], "other", "refused"]);
    expect(run([list([model("usual")])], state)[1]).toEqual([]);
    expect(run([{ kind: "retry", atMs: 6_000 }], state)[1]).toEqual([]);
    // What another model's service refused is.
    expect(kinds([...shown.refused, listed, choose("other")])).toContain("open-image");
  });

  it("ends a search, and is told to the next connection", () => {
    expect(kinds([...shown.ready, listed, begin, choose("other")])).toEqual([
      "stop-upload",
      "cancel-everything",
      "open-image",
    ]);
    const back: ClientEvent[] = [closed(), { kind: "timer", name: "reconnect", atMs: 5_000 }, shown.ready[0]!];
    expect(run([...shown.ready, choose("other"), ...back])[1]).toMatchObject([{ kind: "open-image", model: "other" }]);
  });

  it("gives way to the usual one where it is not served any more, and waits where nobody has said so", () => {
    const [early] = run([choose("gone"), ...shown.ready]);
    expect(early.models.chosen).toBe("gone");
    expect(run([{ kind: "models-listed", models: [], atMs: 1 }], early)[0].models.chosen).toBe("gone");
    const [state, effects] = run([listed], early);
    expect(state.models.chosen).toBeUndefined();
    expect(effects).toMatchObject([{ kind: "stop-upload" }, { kind: "open-image", model: undefined }]);
  });

  it("has pictures made ready ahead anew", () => {
    const second: ClientEvent[] = [
      { kind: "picture-added", token: 2, name: "dog.jpg" },
      { kind: "picture-read", token: 2, width: 40, height: 20, bytes: 1_000, imageId: `sha256:${"cd".repeat(32)}` },
    ];
    const [state, effects] = run([...shown.ready, listed, ...second, choose("other")]);
    expect(effects).toContainEqual({ kind: "stop-preparing" });
    expect(run([ready], state)[1]).toContainEqual({ kind: "prepare", token: 2 });
  });
});

describe("what a model cannot be asked", () => {
  it.each([
    ["usual", []],
    ["boxes", ["click", "brush", "lasso"]],
    ["positive", ["box", "lasso"]],
  ])("%s has no use for some tools", (id, without) => {
    const one = served.find((other) => other.id === id);
    expect(tools.filter((tool) => lackFor(one, tool) !== undefined)).toEqual(without);
    // Of one that nobody knows anything can be asked.
    expect(tools.filter((tool) => lackFor(undefined, tool) !== undefined)).toEqual([]);
  });

  it("is put aside: the tool in hand, a click that leaves out, the mask to start from", () => {
    const [boxes] = run([...shown.ready, listed, choose("boxes")]);
    expect(boxes.tools.tool).toBe("box");
    expect(isAble(modelInUse(boxes), "negatives")).toBe(false);
    const [positive] = run([...shown.ready, listed, { kind: "tool-chosen", tool: "box" }, choose("positive"), ready]);
    expect(positive.tools.tool).toBe("click");
    const out: ClientEvent = { kind: "point", x: 9, y: 9, label: 0, atMs: 5_100 };
    expect(run([point(), answer(1), out], positive)[1]).toEqual([]);
    const [, effects] = run([point(), answer(1), point(9)], positive);
    expect(effects).toMatchObject([{ kind: "segment", prompts: { points: [{}, {}], from: undefined } }]);
  });

  it("is told of a shape by its bounds and the places deepest in it", () => {
    const keep: ClientEvent = { kind: "object-kept" };
    const merged: ClientEvent[] = [
      ...[point(), answer(1, [large.mask!]), keep, point(), answer(2, [large.mask!]), keep],
      { kind: "objects-combined", id: 1, otherId: 2, operation: "union" },
      { kind: "object-edited", id: 1 },
      point(5),
    ];
    const asked = (one: Model) =>
      run([...shown.ready, list([one]), ...merged])[1].flatMap((effect) =>
        effect.kind === "segment" ? [effect.prompts] : [],
      );
    expect(asked(model("usual"))).toMatchObject([{ points: [{ x: 5 }], box: undefined, mask: { size: [20, 40] } }]);
    expect(asked(plain)).toMatchObject([
      { points: [{ x: 5 }], box: { x0: 2, y0: 2, x1: 22, y1: 14 }, mask: undefined, marks: [{ label: 1 }, {}, {}] },
    ]);
  });

  it("is not asked in a preview either: the mask to start from", () => {
    const press: ClientEvent = { kind: "press", x: 7, y: 4, label: 1, atMs: 5_100 };
    const [, effects] = run([...shown.ready, list([plain]), point(), answer(1), press]);
    expect(effects).toMatchObject([{ kind: "segment", preview: true, prompts: { points: [{}, {}], from: undefined } }]);
  });

  it("is not asked of it about the current object, whose mask stays", () => {
    const box: ClientEvent = { kind: "box", x0: 1, y0: 1, x1: 9, y1: 9, atMs: 2_500 };
    const [state, effects] = run([...shown.ready, listed, box, answer(1), choose("positive")]);
    expect(effects.map(({ kind }) => kind)).toEqual(["stop-upload", "open-image"]);
    expect(pictureOf(state).edit.present).toMatchObject({ sequence: 1, answer: { chosen: 0 } });
  });
});
