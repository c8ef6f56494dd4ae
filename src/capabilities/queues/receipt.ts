/** Receipt handles: they name one receive of one message. */
import { badReceipt } from './errors.ts';

export interface Receipt {
  readonly queueId: number;
  readonly seq: number;
  /** Drawn anew for each receive. */
  readonly nonce: string;
}

export function formatReceipt({ queueId, seq, nonce }: Receipt): string {
  return Buffer.from(`${queueId}:${seq}:${nonce}`).toString('base64');
}

/** @throws ReceiptHandleIsInvalid when it is none, or one of another queue */
export function parseReceipt(handle: string, queueId: number): Receipt {
  const text = Buffer.from(handle, 'base64').toString('latin1');
  const [, queue, seq, nonce = ''] = /^(\d{1,15}):(\d{1,15}):([\w-]+)$/.exec(text) ?? [];
  if (queue === undefined || Number(queue) !== queueId) throw badReceipt(handle);
  return { queueId, seq: Number(seq), nonce };
}
