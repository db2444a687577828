const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Does what must be done, at once, when somebody ends the command by hand. @returns what calls it off. */
export function onEnding(work: () => void): () => void {
  const off = () => {
    for (const signal of endings) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    off();
    work();
    process.kill(process.pid, signal);
  };
  for (const signal of endings) process.on(signal, onSignal);
  return off;
}
