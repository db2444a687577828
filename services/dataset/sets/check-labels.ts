import { type Label, maxLabels } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";

/** What of a label is asked for. */
export type LabelWish = Pick<Label, "id" | "name" | "colour" | "hotKey" | "parent">;

const colour = /^#[0-9a-f]{6}$/i;
const longestName = 100;

/**
 * @param known ids that the set has given so far.
 * @throws ServiceError INVALID_ARGUMENT unless they can be a set's labels: names, hot keys and ids unique, parents among them, no rings.
 */
export function checkLabels(labels: readonly LabelWish[], known: ReadonlySet<number>): void {
  if (labels.length > maxLabels) throw invalidArgument(`A data set has at most ${maxLabels} labels.`);
  const names = new Set<string>();
  const keys = new Map<string, string>();
  const ids = new Set<number>();
  for (const { id, name, colour: shade, hotKey } of labels) {
    checkName(name);
    if (names.has(name)) throw invalidArgument(`Two labels are called "${name}"; give one another name.`);
    names.add(name);
    if (shade !== "" && !colour.test(shade)) {
      throw invalidArgument(`The colour of "${name}" is "#rrggbb", such as #22aa55; "${shade.slice(0, 40)}" is not.`);
    }
    if (hotKey !== "") {
      checkHotKey(name, hotKey);
      const other = keys.get(hotKey);
      if (other !== undefined) throw invalidArgument(`"${other}" and "${name}" have the same hot key "${hotKey}".`);
      keys.set(hotKey, name);
    }
    if (id === 0) continue;
    if (!known.has(id)) throw invalidArgument(`"${name}" has the id ${id}, which no label of the set has; leave it 0.`);
    if (ids.has(id)) throw invalidArgument(`Two labels have the id ${id}.`);
    ids.add(id);
  }
  checkParents(labels);
}

function checkName(name: string): void {
  if (name.trim() === "") throw invalidArgument("A label needs a name.");
  if ([...name].length > longestName) {
    throw invalidArgument(
      `A label's name has at most ${longestName} characters: "${[...name].slice(0, 30).join("")}..." has more.`,
    );
  }
}

function checkHotKey(name: string, key: string): void {
  if ([...key].length === 1 && key.trim() !== "" && key === key.toLowerCase()) return;
  throw invalidArgument(`The hot key of "${name}" is one key in lower case; "${key.slice(0, 20)}" is not.`);
}

function checkParents(labels: readonly LabelWish[]): void {
  const byId = new Map(labels.filter(({ id }) => id !== 0).map((label) => [label.id, label]));
  for (const label of labels) {
    const seen = new Set<number>();
    for (let at: LabelWish | undefined = label; at && at.parent !== 0; at = byId.get(at.parent)) {
      if (!byId.has(at.parent)) {
        throw invalidArgument(`The parent of "${at.name}" is the label ${at.parent}, which is not among these.`);
      }
      if (seen.has(at.parent)) throw invalidArgument(`"${label.name}" is a kind of itself.`);
      seen.add(at.parent);
    }
  }
}

/** One that is told from its neighbours': a golden angle further round the circle of hues with each. */
export function colourOf(id: number): string {
  const hue = (id * 137.508) % 360;
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = 0.5 - 0.4 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
