/** What the status line says. */
export interface Description {
  readonly text: string;
  /** Done so far, 0 to 1; null while only time will tell; undefined when nothing is under way. */
  readonly progress: number | null | undefined;
  readonly problem: boolean;
}
