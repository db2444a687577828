import { configureTextEncoding, getTextEncoding } from "@bufbuild/protobuf/wire";

/*
 * Whether a string can be written in UTF-8 the library finds out by escaping it for an address: six milliseconds a megabyte, for each that is read
 * from JSON. Engines know.
 */

const { isWellFormed } = String.prototype as { isWellFormed?: () => boolean };
if (isWellFormed) configureTextEncoding({ ...getTextEncoding(), checkUtf8: (text) => isWellFormed.call(text) });
