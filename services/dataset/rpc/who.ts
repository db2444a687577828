import { invalidArgument } from "../../runtime/errors.js";
import type { Origin } from "../../runtime/tracing/origin.js";
import type { Who } from "../who.js";

const longestPerson = 200;
/** Where nobody is asked who they are, and nobody says. */
const anyone = "anyone";

/** M1. @param person as the request names it. @throws ServiceError INVALID_ARGUMENT for a name that nobody can read. */
export function whoOf({ tenant, principal }: Origin, person = ""): Who {
  if (principal !== undefined) return { tenant, person: principal };
  const name = person.trim();
  if (name.length > longestPerson || /\p{Cc}/u.test(name)) {
    throw invalidArgument(`\`person\` has at most ${longestPerson} characters, and no control characters.`);
  }
  return { tenant, person: name || anyone };
}
