import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A span as a process has sent it. */
export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  /** Empty for the first of a trace. */
  parentId: string;
  name: string;
  /** Nanoseconds of Unix time. */
  start: bigint;
  end: bigint;
  attributes: Record<string, unknown>;
  /** OTLP's: 0 unset, 2 error. */
  status: number;
}

/** A collector for tests: takes OTLP over HTTP in protobuf, as the exporters of the processes send it. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly #server: Server;
  #arrived: () => void = () => {};

  private constructor() {
    this.#server = createServer(async (request, reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      if (request.url === "/v1/traces") {
        this.spans.push(...readSpans(request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body));
        this.#arrived();
      }
      reply.writeHead(request.url === "/v1/traces" ? 200 : 404, { "content-type": "application/x-protobuf" }).end();
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  /** The variables of a process that is to send its traces here, at once. */
  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: "50" };
  }

  /** The trace's spans, as soon as they satisfy the test. */
  async trace(traceId: string, isWhole: (spans: ReceivedSpan[]) => boolean): Promise<ReceivedSpan[]> {
    for (;;) {
      const spans = this.spans.filter((span) => span.traceId === traceId);
      if (isWhole(spans)) return spans;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** What a message's fields hold: bytes, numbers as bigint. Enough of protobuf for OTLP's traces, whose schema is stable. */
type Fields = Map<number, (Uint8Array | bigint)[]>;

function readFields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    let value: Uint8Array | bigint;
    if (type === WireType.LengthDelimited) value = reader.bytes();
    else if (type === WireType.Varint) value = BigInt(reader.uint64());
    else if (type === WireType.Bit64) value = BigInt(reader.fixed64());
    else value = BigInt(reader.fixed32());
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const all = (fields: Fields, number: number) => (fields.get(number) ?? []) as Uint8Array[];
const one = (fields: Fields, number: number) => (fields.get(number)?.[0] ?? new Uint8Array()) as Uint8Array;
const whole = (fields: Fields, number: number) => (fields.get(number)?.[0] ?? 0n) as bigint;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function readSpans(request: Uint8Array): ReceivedSpan[] {
  return all(readFields(request), 1).flatMap((bytes) => {
    const group = readFields(bytes);
    const service = String(readAttributes(readFields(one(group, 1)), 1)["service.name"]);
    return all(group, 2).flatMap((scope) =>
      all(readFields(scope), 2).map((span) => readSpan(readFields(span), service)),
    );
  });
}

function readSpan(span: Fields, service: string): ReceivedSpan {
  return {
    service,
    traceId: hex(one(span, 1)),
    spanId: hex(one(span, 2)),
    parentId: hex(one(span, 4)),
    name: text(one(span, 5)),
    start: whole(span, 7),
    end: whole(span, 8),
    attributes: readAttributes(span, 9),
    status: Number(whole(readFields(one(span, 15)), 3)),
  };
}

function readAttributes(owner: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(
    all(owner, number).map((bytes) => {
      const pair = readFields(bytes);
      const value = readFields(one(pair, 2));
      const [kind, [held] = []] = [...value][0] ?? [];
      return [text(one(pair, 1)), kind === 1 ? text(held as Uint8Array) : held];
    }),
  );
}
