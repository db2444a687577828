import { expect, it, vi } from "vitest";
import { Code } from "../../runtime/errors.js";
import { Manifest } from "./manifest.js";
import { PreparedModels } from "./prepared-models.js";

const shipped = Manifest.read();
const model = shipped.get(shipped.defaultId);

function open() {
  const time = { ms: 0 };
  const prepare = vi.fn(async () => "prepared");
  const onReady = vi.fn();
  const onFailed = vi.fn();
  return {
    prepared: new PreparedModels({ prepare, onReady, onFailed, now: () => time.ms }),
    prepare,
    onReady,
    onFailed,
    time,
  };
}

it("prepares a model once, whoever asks for it meanwhile and later", async () => {
  const { prepared, prepare, onReady } = open();
  expect(prepared.stateOf(model)).toBe("unused");
  const asked = [prepared.get(model), prepared.get(model)];
  expect(prepared.stateOf(model)).toBe("preparing");
  expect(await Promise.all([...asked, prepared.get(model)])).toEqual(["prepared", "prepared", "prepared"]);
  expect(prepare).toHaveBeenCalledTimes(1);
  expect(onReady).toHaveBeenCalledExactlyOnceWith("prepared");
  expect([prepared.stateOf(model), prepared.ready]).toEqual(["ready", ["prepared"]]);
});

it("says that it cannot be served without saying where its files lie, and looks again after a while", async () => {
  const { prepared, prepare, onFailed, time } = open();
  const secret = new Error("/srv/models/x.onnx is missing");
  prepare.mockRejectedValue(secret);
  const asked = await Promise.allSettled([prepared.get(model), prepared.get(model)]);
  const refusal = { code: Code.FAILED_PRECONDITION, message: expect.not.stringContaining("/srv") };
  for (const one of asked) expect(one).toMatchObject({ reason: refusal });
  expect(onFailed).toHaveBeenCalledExactlyOnceWith(model, secret);
  expect(prepared.stateOf(model)).toBe("failed");
  time.ms = 9_999;
  await expect(prepared.get(model)).rejects.toMatchObject(refusal);
  expect(prepare).toHaveBeenCalledTimes(1);
  // Somebody has fetched it.
  prepare.mockResolvedValue("prepared");
  time.ms = 10_000;
  expect(await prepared.get(model)).toBe("prepared");
  expect(prepared.stateOf(model)).toBe("ready");
});

it("says to whoever starts a process what is wrong, in its own words", async () => {
  const { prepared, prepare } = open();
  prepare.mockRejectedValue(new Error("/srv/models/x.onnx is missing"));
  await expect(prepared.begin(model)).rejects.toThrow("/srv/models/x.onnx is missing");
});
