/** Why a piece of work did not end well, in kinds that the caller treats differently. */
export type EngineErrorKind =
  /** DuckDB said no: the message is its own. */
  | 'query'
  | 'cancelled'
  | 'timeout'
  /** The watchdog killed the process. */
  | 'memory'
  /** The process ended by itself or by somebody else's hand. */
  | 'crashed'
  /** The queue is full. */
  | 'busy';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
