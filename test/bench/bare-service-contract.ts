export const path = "/bare.Service/Run";

/** Messages are bytes, which nobody reads or writes. */
export const asIs = (bytes: Buffer): Buffer => bytes;
