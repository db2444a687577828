/** JSON that is written already, in pieces: kept so it takes as many bytes as it has, where its objects would take several times that. */
export class JsonPieces {
  readonly bytes: number;

  private constructor(readonly pieces: readonly Buffer[]) {
    this.bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  static of(value: unknown): JsonPieces {
    return value instanceof JsonPieces ? value : new JsonPieces([Buffer.from(JSON.stringify(value))]);
  }

  /** An object whose fields may be written already; none of them is undefined. */
  static object(fields: Iterable<readonly [name: string, value: unknown]>): JsonPieces {
    const pieces: Buffer[] = [];
    let before = "{";
    for (const [name, value] of fields) {
      pieces.push(Buffer.from(`${before}${JSON.stringify(name)}:`), ...JsonPieces.of(value).pieces);
      before = ",";
    }
    pieces.push(Buffer.from(pieces.length === 0 ? "{}" : "}"));
    return new JsonPieces(pieces);
  }
}
