import { once } from "node:events";
import { create, fromBinary, fromJsonString, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import WebSocket from "ws";
import { ClientFrameSchema, type ServerFrame, ServerFrameSchema } from "../../proto/index.js";

type ClientFrameInit = MessageInitShape<typeof ClientFrameSchema>;
type FrameOf<K extends ServerFrame["frame"]["case"]> = Extract<ServerFrame["frame"], { case: K }>;
type Kind = NonNullable<ServerFrame["frame"]["case"]>;

/** A frame as it came. */
interface Received {
  form: "binary" | "text";
  frame: ServerFrame["frame"];
}

interface SocketOptions {
  /** How frames are sent. */
  form?: "binary" | "text";
  /** Subprotocols that are offered; by default the right one for binary and none for text. */
  protocols?: string[];
  /** Of the upgrade. */
  headers?: Record<string, string>;
  /** False: as a peer that is gone behind a connection that still stands. */
  answerPings?: boolean;
  /** The authority of an encrypted gateway, PEM. */
  ca?: string;
  /** Our certificate and its key, PEM. */
  cert?: Buffer;
  key?: Buffer;
}

/** A WebSocket client for tests: one promise a frame, in the order in which they come. */
export class SocketClient implements AsyncDisposable {
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #received: Received[] = [];
  readonly #readers: { resolve: (one: Received) => void; reject: (error: Error) => void }[] = [];
  form: "binary" | "text";

  private constructor(
    url: string,
    { form = "binary", protocols, headers = {}, answerPings = true, ...tls }: SocketOptions,
  ) {
    this.form = form;
    const offered = protocols ?? (form === "binary" ? ["maskwire.v1"] : []);
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/ws`, offered, {
      perMessageDeflate: false,
      headers,
      autoPong: answerPings,
      ...tls,
    });
    this.#socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", (code, reason) => {
        resolve({ code, reason: String(reason) });
        const error = new Error(`the session was closed with ${code} (${reason})`);
        for (const { reject } of this.#readers.splice(0)) reject(error);
      });
    });
  }

  /** Resolves when the connection is open; its first frame is still to be read. @throws when the upgrade is refused. */
  static async connect(url: string, options: SocketOptions = {}): Promise<SocketClient> {
    const client = new SocketClient(url, options);
    await once(client.#socket, "open");
    return client;
  }

  /** Connects and reads the welcome. */
  static async join(url: string, options: SocketOptions = {}): Promise<SocketClient> {
    const client = await SocketClient.connect(url, options);
    await client.next("welcome");
    return client;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(frame: ClientFrameInit["frame"]): void {
    const message = create(ClientFrameSchema, { frame } as ClientFrameInit);
    this.#socket.send(
      this.form === "binary" ? toBinary(ClientFrameSchema, message) : toJsonString(ClientFrameSchema, message),
    );
  }

  open(imageId: string, model = ""): void {
    this.send({ case: "openImage", value: { imageId, model } });
  }

  segment(value: Extract<ClientFrameInit["frame"], { case: "segment" }>["value"]): void {
    this.send({ case: "segment", value } as ClientFrameInit["frame"]);
  }

  /** Any bytes or text, frames or not. */
  sendRaw(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  /** The next frame as it came. */
  nextFrame(): Promise<Received> {
    const received = this.#received.shift();
    if (received) return Promise.resolve(received);
    if (this.#socket.readyState === WebSocket.CLOSED) return Promise.reject(new Error("the session is closed"));
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** The next frame, which must be of this kind. */
  async next<K extends Kind>(kind: K): Promise<FrameOf<K>["value"]> {
    const { frame } = await this.nextFrame();
    if (frame.case !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(frame, jsonSafe)}`);
    return frame.value as FrameOf<K>["value"];
  }

  /** Reads until the image event of this kind; what comes before must be image events too. @returns the kinds seen. */
  async imageUntil(kind: string): Promise<string[]> {
    const seen: string[] = [];
    for (;;) {
      const { event } = await this.next("image");
      seen.push(event.case ?? "nothing");
      if (event.case === kind) return seen;
      if (event.case === "failed") throw new Error(event.value.message);
    }
  }

  /** Opens a picture that is known here and waits until it is ready. */
  async openReady(imageId: string): Promise<void> {
    this.open(imageId);
    await this.imageUntil("ready");
  }

  /** Resolves when everything that was sent has left this process. */
  async sent(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.ping(undefined, undefined, () => resolve()));
  }

  /** Stops reading from the connection, as a client that hangs does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.close();
  }

  /** Drops the connection without the closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Resolves with the next ping from the server. */
  async pinged(): Promise<void> {
    await once(this.#socket, "ping");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    if (this.#socket.readyState !== WebSocket.CLOSED) await this.closed;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const { frame } = isBinary
      ? fromBinary(ServerFrameSchema, data)
      : fromJsonString(ServerFrameSchema, data.toString("utf8"));
    const received: Received = { form: isBinary ? "binary" : "text", frame };
    const reader = this.#readers.shift();
    if (reader) reader.resolve(received);
    else this.#received.push(received);
  }
}

const jsonSafe = (_key: string, value: unknown) =>
  typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? `${value.byteLength} bytes` : value;
