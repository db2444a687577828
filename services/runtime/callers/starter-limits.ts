import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type StarterLimit,
  type StarterLimitSchema,
  type StarterLimits,
  StarterLimitsSchema,
} from "../../../proto/index.js";
import { limitNames, type Principal, type PrincipalLimits } from "./principal.js";

/** What a principal and its tenant may take, as a request carries it to who counts later. */
export const toStarterLimits = ({ limits, tenantLimits }: Pick<Principal, "limits" | "tenantLimits">): StarterLimits =>
  create(StarterLimitsSchema, { own: written(limits), tenant: written(tenantLimits ?? {}) });

/** The same as it was read. */
export const fromStarterLimits = (
  given: Pick<StarterLimits, "own" | "tenant"> | undefined,
): Pick<Principal, "limits" | "tenantLimits"> => ({
  limits: known(given?.own ?? []),
  tenantLimits: known(given?.tenant ?? []),
});

const written = (limits: PrincipalLimits): MessageInitShape<typeof StarterLimitSchema>[] =>
  limitNames.flatMap((name) => (limits[name] === undefined ? [] : [{ name, most: BigInt(limits[name]) }]));

/** Limits of another release mean nothing here. */
const known = (given: readonly StarterLimit[]): PrincipalLimits =>
  Object.fromEntries(
    given
      .filter(({ name }) => (limitNames as readonly string[]).includes(name))
      .map(({ name, most }) => [name, Number(most)]),
  );
