/** What the decoder here leaves to the server. */
export class Declined extends Error {
  override readonly name = "Declined";
}
