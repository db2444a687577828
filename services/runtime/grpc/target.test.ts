import { expect, it } from "vitest";
import { parseTarget } from "./target.js";

it.each([
  ["decoder:50052", { kind: "server", address: "decoder:50052" }],
  ["127.0.0.1:1", { kind: "server", address: "127.0.0.1:1" }],
  ["[::1]:65535", { kind: "server", address: "[::1]:65535" }],
  ["dns:///decoder.maskwire.svc:50052", { kind: "dns", name: "decoder.maskwire.svc", port: 50052 }],
  ["dns:decoder:50052", { kind: "dns", name: "decoder", port: 50052 }],
])("reads %s", (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

it.each([
  "decoder",
  "decoder:0",
  "decoder:65536",
  "http://decoder:50052",
  "dns:///decoder",
  "dns://8.8.8.8/decoder:50052",
  "dns:////decoder:50052",
  "dns:",
  "ipv4:127.0.0.1:50052",
  "::1:50052",
])("refuses %s", (text) => {
  expect(parseTarget(text)).toBeUndefined();
});
