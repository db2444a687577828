/** For whom something is asked or done: what is another tenant's is not there. */
export interface Who {
  readonly tenant: string | undefined;
  /** Empty where nobody is asked who they are, and nobody says. */
  readonly person: string;
}
