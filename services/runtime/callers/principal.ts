/** What a principal may do; `peer` may speak for others, as our own gateways do. */
export const scopes = ["segment", "everything", "upload", "datasets", "admin", "peer"] as const;
export type Scope = (typeof scopes)[number];

/** What a principal may take, where that is said: each is a limit beside those that hold for everybody. */
export interface PrincipalLimits {
  readonly requestsPerSecond?: number | undefined;
  readonly framesPerSecond?: number | undefined;
  /** Of uploads. */
  readonly bytesPerSecond?: number | undefined;
  readonly clicksPerMinute?: number | undefined;
  readonly encodesPerHour?: number | undefined;
  readonly everythingPointsPerHour?: number | undefined;
  /** Open at once. */
  readonly sessions?: number | undefined;
  /** Of pictures that are kept for it. */
  readonly storedBytes?: number | undefined;
}

export const limitNames = [
  "requestsPerSecond",
  "framesPerSecond",
  "bytesPerSecond",
  "clicksPerMinute",
  "encodesPerHour",
  "everythingPointsPerHour",
  "sessions",
  "storedBytes",
] as const satisfies readonly (keyof PrincipalLimits)[];

/** Who is calling, once that is known: a key, a person with a token, or anyone where nobody is asked. */
export interface Principal {
  /** A key's id or a token's subject: one within its tenant. */
  readonly id: string;
  /** Whose pictures it sees; undefined where nobody is asked who they are, and all see all. */
  readonly tenant: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
  readonly limits: PrincipalLimits;
  /** What all of its tenant together may take. */
  readonly tenantLimits?: PrincipalLimits | undefined;
  /** Milliseconds since 1970; undefined for one that does not end by itself. */
  readonly expiresAt?: number | undefined;
}

/** Everybody, where nobody is asked: may do all but speak for others. */
export const anyone: Principal = {
  id: "anyone",
  tenant: undefined,
  scopes: new Set(scopes.filter((scope) => scope !== "peer")),
  limits: {},
};

/** The same where who connects is told apart by certificates, and this one's is no gateway's. */
export const anyClient: Principal = {
  ...anyone,
  scopes: new Set([...anyone.scopes].filter((scope) => scope !== "admin")),
};
