import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { JsonSchema } from "./operation.js";

const number: JsonSchema = { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] };
/** JSON's own numbers lose what is beyond 53 bits. */
const longInteger: JsonSchema = { type: "string", pattern: "^-?[0-9]+$" };

const scalars: Partial<Record<ScalarType, JsonSchema>> = {
  [ScalarType.DOUBLE]: number,
  [ScalarType.FLOAT]: number,
  [ScalarType.INT32]: { type: "integer" },
  [ScalarType.UINT32]: { type: "integer", minimum: 0 },
  [ScalarType.INT64]: longInteger,
  [ScalarType.UINT64]: longInteger,
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
};

/** Forms of their own in JSON. */
const wellKnown: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+([.][0-9]+)?s$" },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
};

/** Schemas of messages in their JSON form, each once, by its name. What a message has not is not taken. */
export class MessageSchemas {
  readonly #path: string;
  readonly #made = new Map<string, JsonSchema>();

  /** @param path where the document has them: `#/components/schemas/`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** By name. */
  get all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#made].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** @returns a reference to it. */
  of(desc: DescMessage): JsonSchema {
    const known = wellKnown[desc.typeName];
    if (known !== undefined) return known;
    const name = desc.typeName.replace("maskwire.v1.", "");
    if (!this.#made.has(name)) {
      // Before its fields: a message may hold messages of its own kind.
      this.#made.set(name, {});
      this.#made.set(name, this.#schemaOf(desc));
    }
    return { $ref: `${this.#path}${name}` };
  }

  /** One field by itself, as a parameter has it. */
  ofField(field: DescField): JsonSchema {
    switch (field.fieldKind) {
      case "list":
        return { type: "array", items: this.#single(field) };
      case "map":
        return { type: "object", additionalProperties: this.#single(field) };
      default:
        return this.#single(field);
    }
  }

  #schemaOf(desc: DescMessage): JsonSchema {
    const properties = Object.fromEntries(desc.fields.map((field) => [field.jsonName, this.ofField(field)]));
    return { type: "object", properties, additionalProperties: false, ...atMostOne(desc) };
  }

  #single(field: DescField): JsonSchema {
    if (field.message) return this.of(field.message);
    if (field.enum) return this.#enum(field.enum);
    return scalars[field.scalar as ScalarType] ?? {};
  }

  #enum({ typeName, values }: DescEnum): JsonSchema {
    const name = typeName.replace("maskwire.v1.", "");
    if (!this.#made.has(name)) {
      // One that this release has no name for is a number.
      this.#made.set(name, { anyOf: [{ enum: values.map((value) => value.name) }, { type: "integer" }] });
    }
    return { $ref: `${this.#path}${name}` };
  }
}

/** Of the fields of a `oneof` one is there at the most. */
function atMostOne({ oneofs }: DescMessage): JsonSchema {
  const rules = oneofs
    .filter(({ fields }) => fields.length > 1)
    .flatMap(({ fields }) => {
      const names = fields.map(({ jsonName }) => jsonName);
      return names.flatMap((name, at) => names.slice(at + 1).map((other) => ({ not: { required: [name, other] } })));
    });
  return rules.length === 0 ? {} : { allOf: rules };
}
