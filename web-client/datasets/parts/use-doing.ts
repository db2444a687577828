import { useState } from "preact/hooks";

/** Something that a person sets off: whether it is under way, and what went wrong. */
export function useDoing(): {
  readonly isBusy: boolean;
  readonly problem: Error | undefined;
  readonly forget: () => void;
  readonly attempt: (work: () => Promise<unknown>) => Promise<void>;
} {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(error as Error);
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, forget: () => setProblem(undefined), attempt };
}
