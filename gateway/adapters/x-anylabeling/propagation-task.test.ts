import { expect, it, vi } from "vitest";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import { PropagationTask } from "./propagation-task.js";

const failing = (error: Error) => {
  const logger = { error: vi.fn() };
  // biome-ignore lint/correctness/useYield: it fails before its first frame
  const follow = async function* () {
    throw error;
  };
  const task = new PropagationTask({ first: 0, last: 1 }, 2, follow, () => {}, logger);
  return { task, logger };
};
const toldOf = (task: PropagationTask) => JSON.parse(Buffer.concat(task.describe().pieces).toString());

it("X17: logs a fault of ours, whose text nobody is told", async () => {
  const { task, logger } = failing(new Error("a secret"));
  await vi.waitFor(() => expect(task.isRunning).toBe(false));
  expect(logger.error).toHaveBeenCalledOnce();
  expect(toldOf(task)).toMatchObject({ status: "failed", error: expect.not.stringContaining("secret") });
});

it("X17: tells what it was refused with, and logs nothing", async () => {
  const { task, logger } = failing(new ServiceError({ code: Code.NOT_FOUND, message: "The frame is gone." }));
  await vi.waitFor(() => expect(task.isRunning).toBe(false));
  expect(logger.error).not.toHaveBeenCalled();
  expect(toldOf(task)).toMatchObject({ status: "failed", error: "The frame is gone." });
});
