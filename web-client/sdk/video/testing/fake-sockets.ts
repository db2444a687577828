import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ClientFrameSchema,
  ServerFrameSchema,
  type TrackCommand,
  type TrackUpdateSchema,
} from "../../../../proto/index.js";
import type { SocketPort } from "../../session/socket.js";

/** The sockets that were opened, the service's side of which the test plays. */
export class FakeSockets {
  readonly all: FakeSocket[] = [];

  open(): FakeSocket {
    const socket = new FakeSocket();
    this.all.push(socket);
    return socket;
  }

  get last(): FakeSocket {
    return this.all.at(-1)!;
  }
}

class FakeSocket implements SocketPort {
  binaryType = "";
  readyState = 1;
  readonly commands: TrackCommand[] = [];
  readonly #onMessage: ((event: { readonly data: unknown }) => void)[] = [];
  readonly #onClose: ((event: { readonly code: number }) => void)[] = [];

  get cases(): (string | undefined)[] {
    return this.commands.map(({ command }) => command.case);
  }

  /** The number of the last command of a kind. */
  sequenceOf(kind: TrackCommand["command"]["case"]): number {
    return this.commands.findLast(({ command }) => command.case === kind)!.sequence;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const { frame } = fromBinary(ClientFrameSchema, data);
    if (frame.case === "track") this.commands.push(frame.value);
  }

  close(): void {
    this.readyState = 3;
  }

  addEventListener(
    ...[type, listener]:
      | [type: "message", listener: (event: { readonly data: unknown }) => void]
      | [type: "close", listener: (event: { readonly code: number }) => void]
  ): void {
    if (type === "message") this.#onMessage.push(listener);
    else this.#onClose.push(listener);
  }

  welcome(): void {
    this.#tell({ case: "welcome", value: {} });
  }

  update(sequence: number, update: MessageInitShape<typeof TrackUpdateSchema>["update"]): void {
    this.#tell({ case: "track", value: { sequence, ...(update && { update }) } });
  }

  end(code: number): void {
    this.readyState = 3;
    for (const listener of this.#onClose) listener({ code });
  }

  #tell(frame: MessageInitShape<typeof ServerFrameSchema>["frame"]): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { ...(frame && { frame }) }));
    const data = Uint8Array.from(bytes).buffer;
    for (const listener of this.#onMessage) listener({ data });
  }
}
