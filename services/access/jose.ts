/** Loaded with the first token or ticket: most processes see none. */
export const loadJose = () => import("jose");
export type Jose = Awaited<ReturnType<typeof loadJose>>;
