import { useCallback, useEffect, useState } from "preact/hooks";

export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly problem: Error | undefined;
  /** Once more; what was there stays until then. */
  readonly reload: () => void;
  /** What has come of a change, without asking again. */
  readonly set: (value: Value) => void;
}

/** What has to be fetched first. @param about the same as long as nothing else is to be fetched. */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  about: readonly unknown[],
): Loaded<Value> {
  const [value, set] = useState<Value>();
  const [problem, setProblem] = useState<Error>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    load(ending.signal).then(
      (loaded) => {
        if (ending.signal.aborted) return;
        set(loaded);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!ending.signal.aborted) setProblem(error as Error);
      },
    );
    return () => ending.abort();
  }, [...about, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { value, problem, reload, set };
}
