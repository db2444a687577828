import type { DescMessage } from "@bufbuild/protobuf";
import { ClientFrameSchema, CloseCode, ServerFrameSchema } from "../../proto/index.js";
import { MessageSchemas } from "./message-schemas.js";
import type { JsonSchema } from "./operation.js";

/** AsyncAPI 3 of a session, from the contract's frames. */
export function asyncApi(version: string): JsonSchema {
  const schemas = new MessageSchemas("#/components/schemas/");
  const messageOf = (desc: DescMessage, summary: string) => ({
    name: desc.name,
    title: desc.name,
    summary,
    contentType: "application/json",
    payload: schemas.of(desc),
  });
  const messages = {
    ClientFrame: messageOf(ClientFrameSchema, "What a client says."),
    ServerFrame: messageOf(ServerFrameSchema, "What the gateway says. The first is a welcome."),
  };
  const codes = Object.entries(CloseCode).filter(([, code]) => typeof code === "number" && code > 0);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Maskwire sessions",
      version,
      description:
        "Protobuf in binary frames or the same messages as JSON in text frames, as here; the gateway answers each client in the form of its latest frame. " +
        `gateway/SPEC.md numbers the rules. Close codes: ${codes.map(([name, code]) => `${code} ${name}`).join(", ")}.`,
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: {
      session: {
        address: "v1/ws",
        description:
          "One picture at a time, and what is asked about it. Subprotocols: `maskwire.v1`, and `maskwire.ticket.…` where callers are asked who they are.",
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
      },
    },
    operations: {
      ask: {
        action: "receive",
        channel: { $ref: "#/channels/session" },
        messages: [{ $ref: "#/channels/session/messages/ClientFrame" }],
      },
      answer: {
        action: "send",
        channel: { $ref: "#/channels/session" },
        messages: [{ $ref: "#/channels/session/messages/ServerFrame" }],
      },
    },
    components: { messages, schemas: schemas.all },
  };
}
