import { imageTooLarge } from "./picture-errors.js";

/** Before anything is opened. @throws ServiceError RESOURCE_EXHAUSTED (IMAGE_TOO_LARGE) when an upload has more bytes than are taken. */
export function checkBytes(bytes: number, { maxImageBytes }: { maxImageBytes: number }): void {
  if (bytes > maxImageBytes) {
    throw imageTooLarge(`The file is larger than the ${maxImageBytes} bytes that are taken. Send a smaller one.`);
  }
}
