import { create } from "@bufbuild/protobuf";
import {
  type Box,
  type DatasetObject,
  Gear,
  type Mask,
  MaskSchema,
  ObjectState,
  type Provenance,
  ProvenanceSchema,
} from "../../../proto/index.js";
import type { Corners } from "../../geometry/spot.js";
import { noPrompts, type Prompts } from "../../sdk/session/prompts.js";
import { stepsTo } from "../../sdk/session/request.js";
import { maskOfObject } from "../../state/objects.js";
import type { Answer, SceneObject } from "../../state/work.js";
import { type Known, newObject, type OutboxEntry, patched, type Ref } from "./outbox.js";

/*
 * One picture of a data set on the canvas: what the canvas knows by numbers of its own, the data set knows as objects with
 * labels and states. What is done on the canvas, undo and redo included, is told here as changes of those.
 */

/** An object of the data set, as the canvas has it. */
export interface Row {
  readonly ref: Ref;
  /** 0: none yet. */
  readonly label: number;
  readonly state: ObjectState;
  readonly gear: Gear;
  /** Why it was rejected. */
  readonly reason: string;
  /** Of a video's, whose label it has. */
  readonly track?: bigint;
}

export interface Sheet {
  readonly picture: bigint;
  /** By the canvas's numbers; of what was removed too, which undo brings back. */
  readonly rows: ReadonlyMap<number, Row>;
  /** As the canvas had them last. */
  readonly objects: readonly SceneObject[];
  /** The answer that the service has or is sent, by the canvas's numbers. */
  readonly answers: ReadonlyMap<number, Answer>;
}

/** What comes in from outside. */
interface Circumstances {
  /** That the person worked on it. */
  readonly seconds: number;
  readonly model: string;
  /** What is kept now gets it; 0: none. */
  readonly label: number;
  /** A new key each time. */
  readonly key: () => string;
}

/** A picture with what the data set has of it. */
export function newSheet(picture: bigint, objects: readonly DatasetObject[]): Sheet {
  const scene = objects.map((object, at) => sceneObjectOf(at + 1, object));
  return {
    picture,
    rows: new Map(objects.map((object, at) => [at + 1, rowOf(object)])),
    objects: scene,
    answers: new Map(scene.map(({ id, answer }) => [id, answer])),
  };
}

/** What the service has of them, for an outbox to know. */
export const knownOf = (objects: readonly DatasetObject[]): [Ref, Known][] =>
  objects.map(({ id, revision }) => [String(id), { id, revision }]);

/** The canvas has other objects than before. */
export function sceneChanged(
  sheet: Sheet,
  objects: readonly SceneObject[],
  { seconds, model, label, key }: Circumstances,
): readonly [Sheet, readonly OutboxEntry[]] {
  const rows = new Map(sheet.rows);
  const answers = new Map(sheet.answers);
  const entries: OutboxEntry[] = [];
  const wasThere = new Set(sheet.objects.map(({ id }) => id));
  const isThere = new Set(objects.map(({ id }) => id));
  for (const { id } of sheet.objects) {
    const row = rows.get(id);
    if (!isThere.has(id) && row !== undefined) entries.push({ key: key(), ref: row.ref, change: { kind: "delete" } });
  }
  // The time went into one of them; whatever else changed came along with it.
  let spent = seconds;
  for (const object of objects) {
    const { id, answer } = object;
    const mask = maskOfObject(object);
    const row = rows.get(id);
    if (mask?.rle === undefined) continue;
    const provenance = (gear: Gear) => provenanceOf(object, mask, { gear, model, seconds: spent });
    if (row === undefined) {
      const made: Row = { ref: `new:${key()}`, label, state: ObjectState.TO_REVIEW, gear: Gear.ASSISTED, reason: "" };
      const { rle } = mask;
      const { picture } = sheet;
      const init = { picture, label, rle, state: made.state, provenance: provenance(made.gear) };
      entries.push({ key: key(), ref: made.ref, change: newObject(init) });
      rows.set(id, made);
    } else {
      if (!wasThere.has(id)) entries.push({ key: key(), ref: row.ref, change: { kind: "take-back" } });
      if (answers.get(id) === answer) continue;
      const fixed: Row = { ...row, state: ObjectState.TO_REVIEW, gear: gearOfFix(row.gear), reason: "" };
      const patch = patched({ rle: mask.rle, state: fixed.state, provenance: provenance(fixed.gear) });
      entries.push({ key: key(), ref: row.ref, change: patch });
      rows.set(id, fixed);
    }
    answers.set(id, answer);
    spent = 0;
  }
  return [{ ...sheet, rows, objects, answers }, entries];
}

/** The label of one that is there. */
export function relabelled(
  sheet: Sheet,
  id: number,
  { label, seconds, key }: Pick<Circumstances, "label" | "seconds" | "key">,
): readonly [Sheet, readonly OutboxEntry[]] {
  const row = sheet.rows.get(id);
  if (row === undefined || row.label === label) return [sheet, []];
  // Whoever says what it is has looked at it.
  const state = row.state === ObjectState.PROPOSED ? ObjectState.TO_REVIEW : row.state;
  const change = patched({
    label,
    ...(state !== row.state && { state }),
    provenance: create(ProvenanceSchema, { seconds }),
  });
  return [withRow(sheet, id, { ...row, label, state }), [{ key: key(), ref: row.ref, change }]];
}

/** Models' proposals that a person keeps as they are. */
export function proposalsAccepted(
  sheet: Sheet,
  ids: readonly number[],
  { seconds, key }: Pick<Circumstances, "seconds" | "key">,
): readonly [Sheet, readonly OutboxEntry[]] {
  const taken = ids.filter((id) => sheet.rows.get(id)?.state === ObjectState.PROPOSED);
  const entries = taken.map((id): OutboxEntry => {
    const provenance = create(ProvenanceSchema, { seconds: seconds / taken.length });
    const change = patched({ state: ObjectState.TO_REVIEW, provenance });
    return { key: key(), ref: sheet.rows.get(id)!.ref, change };
  });
  const rows = new Map(sheet.rows);
  for (const id of taken) rows.set(id, { ...rows.get(id)!, state: ObjectState.TO_REVIEW });
  return [{ ...sheet, rows }, entries];
}

/**
 * Somebody else's version of an object takes the place of what the canvas has.
 * @returns what is to be laid onto the canvas; nothing where the object is gone.
 */
export function replaced(
  sheet: Sheet,
  ref: Ref,
  theirs: DatasetObject,
): readonly [Sheet, { readonly objects: readonly SceneObject[]; readonly gone: readonly number[] }] {
  const id = idOf(sheet, ref);
  if (id === undefined) return [sheet, { objects: [], gone: [] }];
  if (theirs.state === ObjectState.DELETED) {
    return [
      { ...sheet, objects: sheet.objects.filter((one) => one.id !== id) },
      { objects: [], gone: [id] },
    ];
  }
  const object = sceneObjectOf(id, theirs);
  const isThere = sheet.objects.some((one) => one.id === id);
  const objects = isThere ? sheet.objects.map((one) => (one.id === id ? object : one)) : [object, ...sheet.objects];
  const next = { ...withRow(sheet, id, { ...rowOf(theirs), ref }), objects };
  return [
    { ...next, answers: new Map([...sheet.answers, [id, object.answer]]) },
    { objects: [object], gone: [] },
  ];
}

function idOf({ rows }: Sheet, ref: Ref): number | undefined {
  return [...rows].find(([, row]) => row.ref === ref)?.[0];
}

const withRow = (sheet: Sheet, id: number, row: Row): Sheet => ({
  ...sheet,
  rows: new Map([...sheet.rows, [id, row]]),
});

const rowOf = ({ id, label, state, provenance, reason, track }: DatasetObject): Row => ({
  ref: String(id),
  label,
  state,
  gear: provenance?.gear ?? Gear.UNSPECIFIED,
  reason,
  ...(track > 0n && { track }),
});

function sceneObjectOf(id: number, { rle, bbox, area, provenance }: DatasetObject): SceneObject {
  const mask = create(MaskSchema, {
    ...(rle && { rle }),
    ...(bbox && { bbox }),
    area,
    predictedIou: provenance?.predictedIou ?? 0,
    stabilityScore: provenance?.stabilityScore ?? 0,
  });
  const answer = { masks: [mask], chosen: 0 };
  return { id, name: undefined, colour: 0, visible: true, prompts: promptsOf(provenance, mask), answer };
}

/** What it is fixed from: its own clicks where they alone made it, else its shape. */
function promptsOf(provenance: Provenance | undefined, mask: Mask): Prompts {
  const [step, ...others] = provenance?.prompts ?? [];
  const prompt = step?.prompt;
  if (prompt === undefined || others.length > 0 || prompt.mask !== undefined || prompt.text !== "") {
    return { ...noPrompts, mask: mask.rle };
  }
  const points = prompt.points.map(({ x = 0, y = 0, label = 1 }) => ({ x, y, label: label === 0 ? 0 : 1 }) as const);
  const { box } = prompt;
  if (points.length === 0 && box === undefined) return { ...noPrompts, mask: mask.rle };
  return { points, box: box && cornersOf(box), mask: undefined };
}

const cornersOf = ({ x0 = 0, y0 = 0, x1 = 0, y1 = 0 }: Box): Corners => ({ x0, y0, x1, y1 });

const gearOfFix = (gear: Gear) => (gear === Gear.ASSISTED ? Gear.ASSISTED : Gear.SEMI_AUTOMATIC);

function provenanceOf(
  { prompts, answer }: SceneObject,
  mask: Mask,
  { gear, model, seconds }: { readonly gear: Gear; readonly model: string; readonly seconds: number },
): Provenance {
  const { predictedIou, stabilityScore } = mask;
  return create(ProvenanceSchema, {
    gear,
    model,
    prompts: stepsTo(prompts, answer.chosen),
    predictedIou,
    stabilityScore,
    seconds,
  });
}
