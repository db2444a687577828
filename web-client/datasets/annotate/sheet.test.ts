import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type DatasetObject, DatasetObjectSchema, Gear, ObjectState, PromptSchema } from "../../../proto/index.js";
import { mask } from "../../state/testing/fixtures.js";
import type { SceneObject } from "../../state/work.js";
import type { OutboxEntry } from "./outbox.js";
import { newSheet, proposalsAccepted, relabelled, replaced, type Sheet, sceneChanged } from "./sheet.js";

const usual = { picture: 7n, rle: mask(5).rle!, label: 1, state: ObjectState.TO_REVIEW };
const object = (
  id: bigint,
  more: Omit<MessageInitShape<typeof DatasetObjectSchema>, "$typeName"> = {},
): DatasetObject =>
  create(DatasetObjectSchema, { id, ...usual, ...more } as MessageInitShape<typeof DatasetObjectSchema>);
const proposal = object(20n, { state: ObjectState.PROPOSED, provenance: { gear: Gear.AUTOMATIC } });
const start = newSheet(7n, [object(10n), proposal]);

function about(label = 2, seconds = 8) {
  let count = 0;
  return { seconds, model: "sam", label, key: () => `k${++count}` };
}
const told = (entries: readonly OutboxEntry[]) => entries.map(({ ref, change }) => [ref, change.kind]);
const kept = (id: number, area = 6): SceneObject => ({
  id,
  name: undefined,
  colour: 0,
  visible: true,
  prompts: { points: [{ x: 3, y: 4, label: 1 }], box: undefined, mask: undefined },
  answer: { masks: [mask(4), mask(area)], chosen: 1 },
});

describe("what is done on the canvas", () => {
  const fresh = kept(3);

  it("makes an object of what is kept, with how it came about", () => {
    const [sheet, entries] = sceneChanged(start, [...start.objects, fresh], about());
    expect(told(entries)).toEqual([[sheet.rows.get(3)?.ref, "create"]]);
    const [{ change }] = entries as [OutboxEntry];
    expect(change).toMatchObject({
      object: {
        picture: 7n,
        label: 2,
        rle: mask(6).rle,
        state: ObjectState.TO_REVIEW,
        provenance: { gear: Gear.ASSISTED, model: "sam", seconds: 8, prompts: [{ mask: 1, multimask: true }] },
      },
    });
  });

  it("deletes what undo takes away, and takes it back with redo, as one object", () => {
    const [made] = sceneChanged(start, [...start.objects, fresh], about());
    const [undone, gone] = sceneChanged(made, start.objects, about());
    const [, again] = sceneChanged(undone, [...start.objects, fresh], about());
    const { ref } = made.rows.get(3)!;
    expect([told(gone), told(again)]).toEqual([[[ref, "delete"]], [[ref, "take-back"]]]);
  });

  it("changes an object whose shape is another: a model's is then half a person's", () => {
    const objects = start.objects.map((one) => (one.id === 2 ? kept(2) : one));
    const [sheet, entries] = sceneChanged(start, objects, about());
    expect(told(entries)).toEqual([["20", "patch"]]);
    expect(sheet.rows.get(2)).toMatchObject({ state: ObjectState.TO_REVIEW, gear: Gear.SEMI_AUTOMATIC });
  });

  it("says nothing of what is only moved in the list or hidden", () => {
    const objects = start.objects.toReversed().map((one) => ({ ...one, visible: false }));
    expect(sceneChanged(start, objects, about())[1]).toEqual([]);
  });

  it("counts the time for one object", () => {
    const [, entries] = sceneChanged(start, [...start.objects, kept(3), kept(4)], about());
    const seconds = entries.map(({ change }) => change.kind === "create" && change.object.provenance?.seconds);
    expect(seconds).toEqual([8, 0]);
  });
});

describe("labels and proposals", () => {
  it.each([
    ["another label", 1, 5, ["10"], ObjectState.TO_REVIEW],
    ["the same label", 1, 1, [], ObjectState.TO_REVIEW],
    ["a proposal's, which is accepted with it", 2, 5, ["20"], ObjectState.TO_REVIEW],
    ["what is not there", 9, 5, [], undefined],
  ])("changes: %s", (_, id, label, refs, state) => {
    const [sheet, entries] = relabelled(start, id, about(label));
    expect([entries.map(({ ref }) => ref), sheet.rows.get(id)?.state]).toEqual([refs, state]);
  });

  it("accepts proposals and nothing else", () => {
    const [sheet, entries] = proposalsAccepted(start, [1, 2], about());
    expect(told(entries)).toEqual([["20", "patch"]]);
    expect(sheet.rows.get(2)?.state).toBe(ObjectState.TO_REVIEW);
  });
});

describe("somebody else's version", () => {
  const idsIn = ({ objects }: Sheet) => objects.map(({ id }) => id);

  it("takes the place of what is there, and is no change of this page's", () => {
    const theirs = object(10n, { rle: mask(9).rle!, label: 4, revision: 6 });
    const [sheet, laid] = replaced(start, "10", theirs);
    expect([laid.objects[0]?.answer.masks[0]?.rle, sheet.rows.get(1)?.label]).toEqual([mask(9).rle, 4]);
    expect(sceneChanged(sheet, sheet.objects, about())[1]).toEqual([]);
  });

  it("goes where they deleted it", () => {
    const [sheet, laid] = replaced(start, "10", object(10n, { state: ObjectState.DELETED }));
    expect([idsIn(sheet), laid.gone]).toEqual([[2], [1]]);
    expect(sceneChanged(sheet, sheet.objects, about())[1]).toEqual([]);
  });
});

describe("what an object is fixed from", () => {
  const prompt = create(PromptSchema, { points: [{ x: 1, y: 2, label: 1 }] });
  it.each([
    ["its own clicks where they alone made it", [{ prompt, mask: 0 }], { points: [{ x: 1, y: 2, label: 1 }] }],
    [
      "its shape after several steps",
      [
        { prompt, mask: 0 },
        { prompt, mask: 0 },
      ],
      { points: [], mask: mask(5).rle },
    ],
    ["its shape where nobody clicked", [], { points: [], mask: mask(5).rle }],
  ])("is %s", (_, prompts, expected) => {
    const one = create(DatasetObjectSchema, { id: 1n, rle: mask(5).rle!, provenance: { prompts } });
    expect(newSheet(7n, [one]).objects[0]?.prompts).toMatchObject(expected);
  });
});
