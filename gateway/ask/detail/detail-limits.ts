/** Parts of pictures that may be encoded for finer masks (Z6). */
export interface DetailLimits {
  /** Of one picture, in a session or a search. 0: nothing is made finer. */
  perPicture: number;
  /** Of all pictures of a session. */
  perSession: number;
}
