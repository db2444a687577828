import { invalidArgument } from "../errors.js";

/** gRPC metadata by which a gateway tells the other tiers who asks, where somebody is asked who they are: what people do is kept with it. */
export const principalHeader = "maskwire-principal";

/** A token's subject has at most 255 characters, and `sub:` before it. */
const longest = 300;

/** Headers carry printable ASCII; a provider may call its people anything. */
export const principalToHeader = (id: string): string => encodeURIComponent(id.replace(/\p{Surrogate}/gu, "\ufffd"));

/** @throws ServiceError INVALID_ARGUMENT for what no gateway of ours writes: somebody's work would be kept under a wrong name. */
export function principalFromHeader(text: string): string {
  const id = decoded(text);
  if (id !== undefined && id !== "" && id.length <= longest && principalToHeader(id) === text) return id;
  throw invalidArgument(`The metadata ${principalHeader} does not name anybody.`);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
