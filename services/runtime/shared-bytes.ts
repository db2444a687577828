/**
 * Memory for what several threads read: a message hands it over without a copy. The garbage collector of no thread counts it, so
 * that megabytes which come and go do not have it run again and again on the thread that answers clicks; it frees them all the same.
 */
export function sharedBytes(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(length));
}
