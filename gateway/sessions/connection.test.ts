import { create, fromBinary, fromJsonString, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { beforeEach, expect, it } from "vitest";
import {
  type ClientFrame,
  ClientFrameSchema,
  CloseCode,
  ErrorCode,
  type ServerFrame,
  ServerFrameSchema,
} from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { Connection, type Receiver, type Socket } from "./connection.js";

class FakeSocket implements Socket {
  isOpen = true;
  bufferedBytes = 0;
  readonly sent: (Uint8Array | string)[] = [];
  readonly closed: CloseCode[] = [];

  send(data: Uint8Array | string): void {
    this.sent.push(data);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.onDrained = resolve;
    });
  }
  onDrained = () => {};

  close(code: CloseCode): void {
    this.closed.push(code);
  }

  get frames(): ServerFrame["frame"][] {
    return this.sent.map((data) =>
      typeof data === "string"
        ? fromJsonString(ServerFrameSchema, data).frame
        : fromBinary(ServerFrameSchema, data).frame,
    );
  }
}

const logger = fakeLogger();
let socket: FakeSocket;
let taken: ClientFrame["frame"][];
let dear: number[];
let slow: number;
let connection: Connection;
let receiver: Receiver;

beforeEach(() => {
  socket = new FakeSocket();
  [taken, dear, slow] = [[], [], 0];
  receiver = { take: (message) => void taken.push(message) };
  connection = new Connection(socket, "binary", {
    maxBufferedBytes: 1000,
    logger,
    onSlowReader: () => void slow++,
    onDearFrame: (more) => void dear.push(more),
  });
});

type Frame = MessageInitShape<typeof ClientFrameSchema>["frame"];
const frameOf = (frame: Frame) => create(ClientFrameSchema, { frame } as never);
const open: Frame = { case: "openImage", value: { imageId: "sha256:a" } };
const text = (json: string) => connection.receive(new TextEncoder().encode(json), "text", receiver);
const binary = (frame: Frame) => connection.receive(toBinary(ClientFrameSchema, frameOf(frame)), "binary", receiver);
const answer = () => connection.send({ case: "welcome", value: {} });

it("F3 answers in the form of the client's latest frame", () => {
  answer();
  text(toJsonString(ClientFrameSchema, frameOf(open)));
  answer();
  binary(open);
  answer();
  expect(socket.sent.map((data) => typeof data === "string")).toEqual([false, true, false]);
  expect(taken).toMatchObject([open, open]);
});

it.each([
  ["no JSON", () => text("{"), /protobuf JSON/],
  ["an unknown field", () => text('{"nonsense": 1}'), /protobuf JSON/],
  ["bytes that are no UTF-8", () => connection.receive(Uint8Array.of(0xff, 0xfe), "text", receiver), /protobuf JSON/],
  ["no protobuf", () => connection.receive(Uint8Array.of(0xff), "binary", receiver), /in protobuf/],
  ["no message", () => connection.receive(new Uint8Array(0), "binary", receiver), /no message/],
  ["no message in JSON", () => text("{}"), /no message/],
])("F4 answers %s with INVALID_ARGUMENT and goes on", (_name, receive, message) => {
  receive();
  expect(socket.frames).toMatchObject([
    { case: "error", value: { code: ErrorCode.INVALID_ARGUMENT, message: expect.stringMatching(message) } },
  ]);
  binary(open);
  expect(taken).toMatchObject([open]);
  expect(logger.lines).toEqual([]);
});

it("F5 closes after ten unreadable frames in a row, and not before", () => {
  for (let count = 0; count < 9; count++) text("{");
  binary(open);
  for (let count = 0; count < 9; count++) text("{");
  expect(socket.closed).toEqual([]);
  text("{");
  expect(socket.closed).toEqual([CloseCode.BAD_FRAMES]);
});

it("F5, I5 takes a message that its session cannot read for one of them", () => {
  receiver = {
    take: () => {
      throw invalidArgument("No such image.");
    },
  };
  binary(open);
  expect(socket.frames).toMatchObject([{ case: "error", value: { message: "No such image." } }]);
});

it("F7 tells what a frame is worth that has other tiers asked, and once that frames are read later", () => {
  binary(open);
  binary({ case: "everything", value: {} });
  binary({ case: "segment", value: {} });
  expect(dear).toEqual([4, 9]);
  connection.slowed(70);
  expect(socket.frames).toMatchObject([
    { case: "error", value: { code: ErrorCode.RESOURCE_EXHAUSTED, retryAfterMs: 70 } },
  ]);
});

it("B1 closes a session whose answers are not read", () => {
  answer();
  expect(socket.closed).toEqual([]);
  socket.bufferedBytes = 1001;
  answer();
  expect([socket.closed, slow]).toEqual([[CloseCode.SLOW_READER], 1]);
});

it("B5 sends nothing on a connection that is gone", () => {
  socket.isOpen = false;
  answer();
  expect(socket.sent).toEqual([]);
});
