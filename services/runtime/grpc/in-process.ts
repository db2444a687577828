import { Duplex } from "node:stream";
import {
  Metadata,
  type Server,
  type ServiceDefinition,
  type StatusObject,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Code } from "../errors.js";
import { longestTimerMs } from "../longest-timer.js";
import { sameProcess } from "./admit-call.js";
import type { Answer, CallLimits, ClientCalls } from "./client-calls.js";

type Status = Partial<StatusObject> & { code: Code };

/** A method as it was added to a server. */
interface Handler {
  isOneRequest: boolean;
  isOneAnswer: boolean;
  handle(call: ServerSide, answer?: (error: Partial<StatusObject> | null, message?: unknown) => void): void;
}

const lost: Status = { code: Code.UNAVAILABLE, details: "The server has stopped" };
const notReached: Status = { code: Code.UNAVAILABLE, details: "No connection established: the server has stopped" };
const cancelled: Status = { code: Code.CANCELLED, details: "Cancelled on client" };
const late: Status = { code: Code.DEADLINE_EXCEEDED, details: "Deadline exceeded" };

/**
 * Services of this process for callers in this process: gRPC's calls with their statuses, metadata, cancellation, deadlines and
 * back-pressure, and no connection. Messages are handed over as they are, neither written nor copied: who has sent one
 * leaves it alone.
 */
export class InProcessServer implements Pick<Server, "addService"> {
  readonly #handlers = new Map<string, Handler>();
  readonly #calls = new Set<InProcessCall>();
  #isClosed = false;

  addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    for (const [name, { path, originalName, requestStream, responseStream }] of Object.entries(service)) {
      const handle = (implementation[name] ?? implementation[originalName ?? name]) as Handler["handle"] | undefined;
      if (handle) this.#handlers.set(path, { isOneRequest: !requestStream, isOneAnswer: !responseStream, handle });
    }
  }

  /** A way to the services, as a connection would be. */
  connect(): ClientCalls {
    let isOpen = true;
    const begin = (
      path: string,
      metadata: Metadata,
      { deadline }: CallLimits,
      more: { request?: unknown; answer?: Answer },
    ) => {
      const call = new InProcessCall({ metadata, deadline, ...more }, () => this.#calls.delete(call));
      this.#calls.add(call);
      const handler = this.#handlers.get(path);
      if (!isOpen || this.#isClosed) call.endSoon(notReached);
      else if (handler) call.begin(handler);
      else call.endSoon({ code: Code.UNIMPLEMENTED, details: `The server does not implement the method ${path}` });
      return call.client;
    };
    return {
      makeUnaryRequest: (path, _serialize, _deserialize, request, metadata, limits, answer) =>
        begin(path, metadata, limits, { request, answer }),
      makeClientStreamRequest: (path, _serialize, _deserialize, metadata, limits, answer) =>
        begin(path, metadata, limits, { answer }),
      makeServerStreamRequest: (path, _serialize, _deserialize, request, metadata, limits) =>
        begin(path, metadata, limits, { request }),
      makeBidiStreamRequest: (path, _serialize, _deserialize, metadata, limits) => begin(path, metadata, limits, {}),
      close: () => {
        isOpen = false;
      },
    };
  }

  /** Takes no new calls and cuts off those under way, as the end of the process would. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.end(lost);
  }
}

/** One side of a call. What is written goes to the other side's reader, and waits when that has enough. */
class Side extends Duplex {
  readonly #other: () => Side;
  #taken: (() => void) | undefined;

  constructor(other: () => Side) {
    super({ objectMode: true });
    this.#other = other;
  }

  override _write(message: unknown, _encoding: BufferEncoding, taken: () => void): void {
    const other = this.#other();
    if (other.destroyed || other.readableEnded || other.push(message)) taken();
    else this.#taken = taken;
  }

  override _read(): void {
    this.#other().goOn();
  }

  /** The other side has room again. */
  goOn(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }
}

/** The caller's side, as grpc-js's client hands it out. */
class ClientSide extends Side {
  readonly #call: InProcessCall;

  constructor(call: InProcessCall) {
    super(() => call.server);
    this.#call = call;
  }

  cancel(): void {
    this.#call.endSoon(cancelled);
  }

  override _final(done: () => void): void {
    const { server } = this.#call;
    if (!server.destroyed) server.push(null);
    done();
  }
}

/** The handler's side, as grpc-js's server hands it out. */
class ServerSide extends Side {
  readonly metadata: Metadata;
  readonly request: unknown;
  cancelled = false;
  readonly #call: InProcessCall;
  #status: Status = { code: Code.OK, details: "OK" };

  constructor(call: InProcessCall, metadata: Metadata, request: unknown) {
    super(() => call.client);
    this.#call = call;
    this.metadata = metadata;
    this.request = request;
    // This is how a handler of a stream says that it failed; what it sent before goes first.
    this.on("error", (error: Partial<StatusObject>) => this.fail(error));
  }

  getPeer(): string {
    return sameProcess;
  }

  fail({ code = Code.UNKNOWN, details, metadata }: Partial<StatusObject>): void {
    this.#status = { code, ...(details === undefined ? {} : { details }), ...(metadata ? { metadata } : {}) };
    this.end();
  }

  override _final(done: () => void): void {
    done();
    this.#call.end(this.#status);
  }
}

interface CallStart {
  metadata: Metadata;
  deadline: number | undefined;
  /** Of a call with one request. */
  request?: unknown;
  /** Of a call with one answer. */
  answer?: Answer;
}

/** A call under way: its two sides, and its one end. */
class InProcessCall {
  readonly client = new ClientSide(this);
  readonly server: ServerSide;
  readonly #answer: Answer | undefined;
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #state: "open" | "ending" | "over" = "open";

  constructor({ metadata, deadline, request, answer }: CallStart, onEnd: () => void) {
    this.server = new ServerSide(this, metadata, request);
    this.#answer = answer;
    this.#onEnd = onEnd;
    if (deadline !== undefined)
      this.#timer = setTimeout(() => this.end(late), Math.min(deadline - Date.now(), longestTimerMs));
  }

  begin({ handle, isOneRequest, isOneAnswer }: Handler): void {
    const { server } = this;
    if (isOneRequest) server.push(null);
    // The caller holds its side, and may have cancelled, before anything happens on the other.
    queueMicrotask(() => {
      if (this.#state !== "open") return;
      if (!isOneAnswer) handle(server);
      else
        handle(server, (error, message) => {
          if (error) server.fail(error);
          else server.end(message);
        });
    });
  }

  /** Once the caller has had time to listen. */
  endSoon(status: Status): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    process.nextTick(() => this.end(status));
  }

  end({ code, details = "", metadata = new Metadata() }: Status): void {
    if (this.#state === "over") return;
    this.#state = "over";
    clearTimeout(this.#timer);
    this.#onEnd();
    const { client, server } = this;
    const status = { code, details, metadata };
    const error = code === Code.OK ? null : Object.assign(new Error(`${code} ${Code[code]}: ${details}`), status);
    if (this.#answer) {
      this.#answer(error, error ? undefined : client.read());
    } else {
      client.push(null);
      if (error) client.emit("error", error);
    }
    client.emit("status", status);
    server.cancelled = true;
    server.emit("cancelled", "cancelled");
    server.destroy();
  }
}
