import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

/** Tables of services and of messages, in Markdown, from the comments in proto/. @param root the repository's folder. */
export async function describeMessages(root: string): Promise<{ services: string; messages: string }> {
  const files = (await readContract(root)).filter((file) => file.package === "maskwire.v1");
  return {
    services: files.map(servicesOf).join(""),
    messages: files
      .filter(({ messageType, enumType }) => messageType.length + enumType.length > 0)
      .map(fileOf)
      .join("\n"),
  };
}

async function readContract(root: string): Promise<FileDescriptorProto[]> {
  const buf = join(root, "node_modules", ".bin", "buf");
  const options = { cwd: join(root, "proto"), encoding: "buffer", maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout } = await promisify(execFile)(buf, ["build", "--as-file-descriptor-set", "-o", "-"], options);
  return fromBinary(FileDescriptorSetSchema, stdout).file;
}

/** What stands before a thing, by the way that leads to it in its file. */
function commentsOf(file: FileDescriptorProto): (...path: number[]) => string {
  const all = new Map(
    file.sourceCodeInfo?.location.map(({ path, leadingComments, trailingComments }) => [
      path.join("."),
      (leadingComments || trailingComments).replace(/\s+/g, " ").trim(),
    ]),
  );
  return (...path) => all.get(path.join(".")) ?? "";
}

/** Numbers of fields in descriptor.proto that lead to what has comments. */
const at = { message: 4, enum: 5, service: 6, nested: 3, nestedEnum: 4, field: 2, value: 2, method: 2 } as const;

function servicesOf(file: FileDescriptorProto): string {
  const comment = commentsOf(file);
  return file.service
    .map((service, index) => {
      const rows = service.method.map((method, place) => {
        const takes = `${method.clientStreaming ? "a stream of " : ""}${linkTo(method.inputType)}`;
        const gives = `${method.serverStreaming ? "a stream of " : ""}${linkTo(method.outputType)}`;
        return `| \`${method.name}\` | ${takes} | ${gives} | ${cell(comment(at.service, index, at.method, place))} |`;
      });
      const table = ["| call | takes | gives | |", "|---|---|---|---|", ...rows].join("\n");
      return `## ${service.name}\n\n${comment(at.service, index)}\n\n${table}\n\n`;
    })
    .join("");
}

function fileOf(file: FileDescriptorProto): string {
  const comment = commentsOf(file);
  const messages = file.messageType.map((message, index) => messageOf(message, [at.message, index], comment));
  const enums = file.enumType.map((one, index) => enumOf(one, [at.enum, index], comment));
  return `## ${file.name.split("/").at(-1)}\n\n${[...messages, ...enums].join("\n")}`;
}

type Comment = ReturnType<typeof commentsOf>;

function messageOf(message: DescriptorProto, path: readonly number[], comment: Comment): string {
  const rows = message.field.map((field, index) => {
    const one = message.oneofDecl[field.oneofIndex]?.name;
    const isOneOf = one !== undefined && !field.proto3Optional && isInOneOf(field);
    const name = `\`${field.jsonName}\`${isOneOf ? ` (one of \`${one}\`)` : ""}`;
    return `| ${name} | ${typeOf(field, message)} | ${cell(comment(...path, at.field, index))} |`;
  });
  const table = rows.length === 0 ? "Has no fields." : ["| field | type | |", "|---|---|---|", ...rows].join("\n");
  const nested = message.nestedType
    .map((one, index) => [one, [...path, at.nested, index]] as const)
    .filter(([one]) => !one.options?.mapEntry)
    .map(([one, to]) => messageOf(one, to, comment));
  const enums = message.enumType.map((one, index) => enumOf(one, [...path, at.nestedEnum, index], comment));
  return [`### ${message.name}\n\n${comment(...path)}\n\n${table}\n`, ...nested, ...enums].join("\n");
}

/** protobuf-es has 0 for no index at all; presence is in what was set. */
const isInOneOf = (field: FieldDescriptorProto) => Object.hasOwn(field, "oneofIndex");

function enumOf(one: EnumDescriptorProto, path: readonly number[], comment: Comment): string {
  const rows = one.value.map(
    ({ name, number }, index) => `| \`${name}\` | ${number} | ${cell(comment(...path, at.value, index))} |`,
  );
  return `### ${one.name}\n\n${comment(...path)}\n\n| value | number | |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function typeOf(field: FieldDescriptorProto, message: DescriptorProto): string {
  const entry = message.nestedType.find((one) => one.options?.mapEntry && field.typeName.endsWith(`.${one.name}`));
  if (entry) {
    const [key, value] = entry.field;
    return key && value ? `map of ${typeOf(key, entry)} to ${typeOf(value, entry)}` : "map";
  }
  const named = field.type === Type.MESSAGE || field.type === Type.ENUM;
  const type = named ? linkTo(field.typeName) : `\`${Type[field.type].toLowerCase()}\``;
  if (field.label === Label.REPEATED) return `list of ${type}`;
  return field.proto3Optional ? `${type}, or left out` : type;
}

function linkTo(typeName: string): string {
  const name = typeName.split(".").at(-1) ?? "";
  return typeName.startsWith(".maskwire.v1.") ? `[${name}](messages.md#${name.toLowerCase()})` : `\`${name}\``;
}

const cell = (text: string) => text.replaceAll("|", "\\|");
