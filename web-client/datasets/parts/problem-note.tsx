import { ServiceProblem } from "../net/ask-service.js";
import { words } from "../words/words.js";
import { SignInForm } from "./sign-in-form.js";

/** What went wrong, and what can be done about it. */
export function ProblemNote({ problem, onRetry }: { problem: Error | undefined; onRetry?: () => void }) {
  if (problem === undefined) return null;
  if (problem instanceof ServiceProblem && problem.isSignInNeeded) return <SignInForm />;
  return (
    <div class="note" role="alert">
      <p>{sentenceOf(problem)}</p>
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          {words.page.tryAgain}
        </button>
      )}
    </div>
  );
}

export function sentenceOf(problem: Error): string {
  if (!(problem instanceof ServiceProblem)) return problem.message;
  if (problem.status === 501) return words.problems.notHere;
  return problem.message;
}
