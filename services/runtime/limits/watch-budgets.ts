import { Counter, Gauge, type Registry } from "../metrics.js";
import type { ByteBudget } from "./byte-budget.js";

/** Figures of a process's budgets. @returns to be called with each: what it holds, its limit and how often it had no room. */
export function watchBudgets(registry: Registry): (budget: ByteBudget) => void {
  const registers = [registry];
  const budgets: ByteBudget[] = [];
  const gauge = (name: string, help: string, value: (budget: ByteBudget) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["budget"],
      registers,
      collect() {
        for (const budget of budgets) this.set({ budget: budget.name }, value(budget));
      },
    });
  gauge("maskwire_budget_bytes", "Bytes that a budget of this process holds", ({ usedBytes }) => usedBytes);
  gauge("maskwire_budget_limit_bytes", "Bytes that a budget of this process may hold", ({ limitBytes }) => limitBytes);
  new Counter({
    name: "maskwire_budget_refusals_total",
    help: "Times a budget of this process had no room",
    labelNames: ["budget"],
    registers,
    collect() {
      this.reset();
      for (const budget of budgets) this.inc({ budget: budget.name }, budget.refusals);
    },
  });
  return (budget) => void budgets.push(budget);
}
