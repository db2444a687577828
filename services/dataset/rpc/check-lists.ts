import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { listLimits } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";

/**
 * Holds the lists and maps of a request against their limits, those of the messages in it too: a reader keeps one entry too many for that.
 * @throws ServiceError INVALID_ARGUMENT naming the list.
 */
export function checkLists<S extends DescMessage>(desc: S, message: MessageShape<S>): void {
  check(desc, message as unknown as Fields);
}

type Fields = Record<string, unknown>;
type Field = DescMessage["fields"][number];

function check(desc: DescMessage, message: Fields): void {
  for (const field of desc.fields) {
    const value = given(message, field);
    if (value === undefined) continue;
    if (field.fieldKind === "list") {
      const all = value as unknown[];
      checkLength(desc, field, all.length);
      const { message: entry } = field;
      if (entry) for (const one of all) check(entry, one as Fields);
    } else if (field.fieldKind === "map") {
      checkLength(desc, field, Object.keys(value as object).length);
    } else if (field.message) {
      check(field.message, value as Fields);
    }
  }
}

function checkLength({ typeName }: DescMessage, { name }: Field, length: number): void {
  const most = listLimits[`${typeName}.${name}`];
  if (most !== undefined && length > most) throw invalidArgument(`\`${name}\` has more than ${most} entries.`);
}

function given(message: Fields, { oneof, localName }: Field): unknown {
  if (!oneof) return message[localName];
  const chosen = message[oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}
