import type { Code } from "../errors.js";

/** What is done at a door that an auditor asks about. */
export type AuditAction =
  /** A key or a token is used: told once a minute of each. */
  | "key-use"
  /** Somebody gets a ticket, or what else a browser needs to come in. */
  | "sign-in"
  | "upload"
  | "delete"
  /** A data set, or what is in it, is changed; a job over it is begun or steered. */
  | "dataset"
  /** What only the scope `admin` may. */
  | "admin"
  /** Who calls is not known, or may not. */
  | "denied"
  /** A rate, a share or a quota was met. */
  | "limited";

/** One thing that somebody did, or was kept from. Never holds a picture's data, a secret or an address beyond its network. */
export interface AuditEvent {
  readonly action: AuditAction;
  readonly outcome: "done" | "refused" | "failed";
  /** Of what was refused or failed. */
  readonly code?: Code | undefined;
  readonly tenant?: string | undefined;
  /** A key's id or a token's subject; undefined where nobody is known. */
  readonly principal?: string | undefined;
  /** The name in the client certificate that was shown, the one that tells its role where there is one. */
  readonly certificate?: string | undefined;
  /** What it was done to: a picture's id, or a route. */
  readonly object?: string | undefined;
  /** Where it came from, as `networkOf` has it. */
  readonly address?: string | undefined;
  /** Its id in the log and in the traces. */
  readonly request?: string | undefined;
}

/** Where doors tell what was done. Never waits, and never fails. */
export interface Audit {
  note(event: AuditEvent): void;
  /** Writes what is still to be written. */
  close(): Promise<void>;
}

export const noAudit: Audit = { note: () => {}, close: async () => {} };
