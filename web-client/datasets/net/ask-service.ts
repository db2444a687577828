import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { ask } from "../../access/bearer.js";
import { failureOfAnswer } from "../../sdk/upload/upload-lines.js";
import { type Failure, inWords } from "../../state/errors.js";
import { words } from "../../words/words.js";

/** Why the service did not do it, in a sentence for the person. */
export class ServiceProblem extends Error {
  override readonly name = "ServiceProblem";
  /** 0: nothing answered. */
  readonly status: number;
  /** It may be asked again, by itself. */
  readonly mayPass: boolean;

  constructor(status: number, { message, remedy }: Failure) {
    super(message);
    this.status = status;
    this.mayPass = remedy === "wait";
  }

  get isSignInNeeded(): boolean {
    return this.status === 401;
  }
}

const unreachable = () =>
  new ServiceProblem(0, { message: words.problems.unreachable, remedy: "wait", retryAfterMs: undefined });

interface Question {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** A message's JSON. */
  readonly json?: JsonValue;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the gateway for one message. @throws ServiceProblem; whatever aborted the signal. */
export async function askService<Answer extends DescMessage>(
  schema: Answer,
  path: string,
  question: Question = {},
): Promise<MessageShape<Answer>> {
  const answer = await answerOf(path, question);
  const json = (await answer.json().catch(() => {
    throw unreachable();
  })) as JsonValue;
  return fromJson(schema, json, { ignoreUnknownFields: true });
}

/** The same for an answer of another kind. */
export async function answerOf(path: string, { method = "GET", json, signal }: Question): Promise<Response> {
  const body =
    json === undefined ? {} : { body: JSON.stringify(json), headers: { "content-type": "application/json" } };
  const answer = await ask(path, { method, ...body, ...(signal && { signal }) }).catch(() => {
    signal?.throwIfAborted();
    throw unreachable();
  });
  if (answer.ok) return answer;
  throw problemOf(answer.status, await answer.text().catch(() => ""), answer.headers.get("retry-after"));
}

export function problemOf(status: number, body: string, retryAfter: string | null): ServiceProblem {
  return status === 0 ? unreachable() : new ServiceProblem(status, inWords(failureOfAnswer(status, body, retryAfter)));
}
