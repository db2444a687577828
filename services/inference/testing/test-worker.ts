import { once } from "node:events";
import { workerData } from "node:worker_threads";
import { Code, ServiceError } from "../../runtime/errors.js";
import { serveTasks } from "../workers/serve-tasks.js";

/** What the test's worker is told to do with a task. */
export type TestTask =
  /** Answers with what it was given, the thread that ran it and whether it ran alone. */
  | { kind: "echo"; value: string }
  /** Waits until the test opens the gate: an Int32Array over shared memory, 0 while it is shut. */
  | { kind: "wait"; gate: Int32Array; value: string }
  /** Answers with the last that all workers were told. */
  | { kind: "heard" }
  /** Answers once nobody wants it any more; others go on meanwhile. */
  | { kind: "until-left"; value: string }
  /** Waits for so long, and tells the value before it answers. */
  | { kind: "part"; firstMs: number; value: string }
  | { kind: "refuse" }
  | { kind: "throw" }
  | { kind: "exit" };

export interface TestAnswer {
  value: string;
  worker: number;
  alone: boolean;
}

export interface TestWorkerData {
  /** One shared number: how many workers were begun. */
  begun: Int32Array;
  /** Workers from this number on cannot start. */
  failFrom: number;
  /** What each says that a task takes. */
  taskMs?: number | undefined;
  /** How many tasks each says that it can have at once; one when left out. */
  seats?: number | undefined;
}

const { begun, failFrom, taskMs, seats = 1 } = workerData as TestWorkerData;
const worker = Atomics.add(begun, 0, 1) + 1;

await serveTasks<TestTask, TestAnswer, string>(async () => {
  if (worker >= failFrom) throw new Error(`worker ${worker} was told to fail`);
  let heard = "nothing";
  return {
    detail: { worker },
    seats: () => seats,
    hear: (news) => {
      heard = String(news);
    },
    ...(taskMs === undefined ? {} : { taskMs }),
    run: async (task, alone, tell, leaving) => {
      switch (task.kind) {
        case "until-left":
          await once(leaving(), "abort");
          break;
        case "refuse":
          throw new ServiceError({ code: Code.INVALID_ARGUMENT, message: "Not this.", reason: "DAMAGED_IMAGE" });
        case "throw":
          throw new TypeError("a bug");
        case "exit":
          return process.exit(3);
        case "heard":
          return { result: { value: heard, worker, alone }, transfer: [] };
        case "part":
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, task.firstMs);
          tell({ result: task.value, transfer: [] });
          return { result: { value: "whole", worker, alone }, transfer: [] };
        case "wait":
          Atomics.wait(task.gate, 0, 0);
      }
      return { result: { value: task.value, worker, alone }, transfer: [] };
    },
  };
});
