import { invalidArgument } from "../errors.js";

/** gRPC metadata by which a gateway tells the other tiers whose pictures a call may see. */
export const tenantHeader = "maskwire-tenant";

/** It stands in keys of the shared cache between separators that it cannot contain, and has no letter that a pattern reads otherwise. */
const form = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export const isTenantName = (value: unknown): value is string => typeof value === "string" && form.test(value);

/**
 * A key by which something of one tenant's is kept: none of another's is equal to it or begins with it, and all of a
 * tenant's begin alike. Without a tenant it is the name as it is.
 * @param name begins otherwise than with `t=`.
 */
export const keyOfTenant = (tenant: string | undefined, name: string): string =>
  tenant === undefined ? name : `t=${tenant}:${name}`;

/** The tenant in a key that `keyOfTenant` has made; undefined where there is none. */
export const tenantInKey = (key: string): string | undefined => /^t=([^:]+):/.exec(key)?.[1];

/** @throws ServiceError INVALID_ARGUMENT for what is no tenant's name. */
export function checkTenant(name: string): string {
  if (form.test(name)) return name;
  throw invalidArgument(
    `A tenant's name is 1 to 63 small letters, digits, ".", "_" and "-", the first a letter or digit; "${name.slice(0, 80)}" is not.`,
  );
}
