import { create, createFileRegistry } from "@bufbuild/protobuf";
import type { GenService } from "@bufbuild/protobuf/codegenv2";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  type StringValueSchema,
} from "@bufbuild/protobuf/wkt";

const word = ".google.protobuf.StringValue";
const file = create(FileDescriptorProtoSchema, {
  name: "maskwire/testing/echo.proto",
  package: "maskwire.testing",
  syntax: "proto3",
  dependency: ["google/protobuf/wrappers.proto"],
  service: [
    {
      name: "Echo",
      method: [
        { name: "Say", inputType: word, outputType: word },
        { name: "Join", inputType: word, outputType: word, clientStreaming: true },
        { name: "Chat", inputType: word, outputType: word, clientStreaming: true, serverStreaming: true },
      ],
    },
  ],
});

const registry = createFileRegistry(file, (name) =>
  name === "google/protobuf/wrappers.proto" ? file_google_protobuf_wrappers.proto : undefined,
);

/** For tests of the gRPC glue, which knows nothing of Maskwire's own contract: words go in, words come out. */
export const Echo = registry.getService("maskwire.testing.Echo") as GenService<{
  say: { methodKind: "unary"; input: typeof StringValueSchema; output: typeof StringValueSchema };
  join: { methodKind: "client_streaming"; input: typeof StringValueSchema; output: typeof StringValueSchema };
  chat: { methodKind: "bidi_streaming"; input: typeof StringValueSchema; output: typeof StringValueSchema };
}>;

/** What its methods need of who calls. */
export const echoScopes = { say: "segment", chat: "segment", join: "segment" } as const;
