import type { OrderEvent, OrderStatus } from '../../../semconv/words.ts'

/**
 * The life of an order as a table: what an event means in each status.
 *
 * - a status: the order moves there
 * - `back`: it returns to what held before a pending cancel or replace
 * - `late`: true and said too late (an ack behind the fill): recorded, the status stays
 * - `repeat`: nothing new (the REST answer and the stream say the same): ignored
 * - `illegal`: cannot be: recorded and counted, nothing changes
 *
 * Fills are not in the table: they follow from the sums (fills.ts), since a fill is money and is taken in any status.
 */
export type Verdict = OrderStatus | 'back' | 'late' | 'repeat' | 'illegal'

type Row = Readonly<Record<OrderStatus, Verdict>>

const finalIllegal = {
  filled: 'illegal',
  canceled: 'illegal',
  expired: 'illegal',
  rejected: 'illegal',
  denied: 'illegal',
} as const

const finalLate = {
  filled: 'late',
  canceled: 'late',
  expired: 'late',
  rejected: 'illegal',
  denied: 'illegal',
} as const

const rows = {
  // Handed to the venue; the stream may have been faster than the answer.
  pending_new: {
    pending_new: 'pending_new',
    new: 'late',
    triggered: 'late',
    partially_filled: 'late',
    pending_cancel: 'late',
    pending_replace: 'late',
    unknown: 'late',
    ...finalLate,
    rejected: 'late',
  },
  new: {
    pending_new: 'new',
    new: 'repeat',
    triggered: 'late',
    partially_filled: 'late',
    pending_cancel: 'late',
    pending_replace: 'late',
    unknown: 'new',
    ...finalLate,
  },
  triggered: {
    pending_new: 'triggered',
    new: 'triggered',
    triggered: 'repeat',
    partially_filled: 'late',
    pending_cancel: 'late',
    pending_replace: 'late',
    unknown: 'triggered',
    ...finalLate,
  },
  pending_cancel: {
    pending_new: 'pending_cancel',
    new: 'pending_cancel',
    triggered: 'pending_cancel',
    partially_filled: 'pending_cancel',
    pending_cancel: 'repeat',
    pending_replace: 'pending_cancel',
    unknown: 'late',
    ...finalIllegal,
  },
  cancel_rejected: {
    pending_new: 'late',
    new: 'late',
    triggered: 'late',
    partially_filled: 'late',
    pending_cancel: 'back',
    pending_replace: 'back',
    unknown: 'late',
    ...finalLate,
  },
  canceled: {
    pending_new: 'canceled',
    new: 'canceled',
    triggered: 'canceled',
    partially_filled: 'canceled',
    pending_cancel: 'canceled',
    pending_replace: 'canceled',
    unknown: 'canceled',
    ...finalIllegal,
    canceled: 'repeat',
  },
  pending_replace: {
    pending_new: 'pending_replace',
    new: 'pending_replace',
    triggered: 'pending_replace',
    partially_filled: 'pending_replace',
    pending_cancel: 'illegal',
    pending_replace: 'pending_replace',
    unknown: 'late',
    ...finalIllegal,
  },
  replaced: {
    pending_new: 'new',
    new: 'late',
    triggered: 'late',
    partially_filled: 'late',
    pending_cancel: 'late',
    pending_replace: 'back',
    unknown: 'new',
    ...finalIllegal,
    filled: 'late',
  },
  restated: {
    pending_new: 'new',
    new: 'late',
    triggered: 'late',
    partially_filled: 'late',
    pending_cancel: 'late',
    pending_replace: 'late',
    unknown: 'new',
    ...finalLate,
  },
  expired: {
    pending_new: 'expired',
    new: 'expired',
    triggered: 'expired',
    partially_filled: 'expired',
    pending_cancel: 'expired',
    pending_replace: 'expired',
    unknown: 'expired',
    ...finalIllegal,
    expired: 'repeat',
  },
  rejected: {
    pending_new: 'rejected',
    new: 'rejected',
    triggered: 'rejected',
    partially_filled: 'illegal',
    pending_cancel: 'rejected',
    pending_replace: 'rejected',
    unknown: 'rejected',
    ...finalIllegal,
    rejected: 'repeat',
  },
  denied: {
    pending_new: 'denied',
    new: 'illegal',
    triggered: 'illegal',
    partially_filled: 'illegal',
    pending_cancel: 'illegal',
    pending_replace: 'illegal',
    unknown: 'illegal',
    ...finalIllegal,
    denied: 'repeat',
  },
  unknown: {
    pending_new: 'unknown',
    new: 'unknown',
    triggered: 'unknown',
    partially_filled: 'unknown',
    pending_cancel: 'unknown',
    pending_replace: 'unknown',
    unknown: 'repeat',
    ...finalIllegal,
  },
} as const satisfies Partial<Record<OrderEvent, Row>>

/** Events that the table judges. */
export type JudgedEvent = keyof typeof rows

/** What `event` means for an order in `status`. */
export function judge(status: OrderStatus, event: JudgedEvent): Verdict {
  return rows[event][status]
}

/** Whether an order in this status has ended. A late fill may still come. */
export function isFinal(status: OrderStatus): boolean {
  switch (status) {
    case 'filled':
    case 'canceled':
    case 'expired':
    case 'rejected':
    case 'denied':
      return true
    case 'pending_new':
    case 'new':
    case 'triggered':
    case 'partially_filled':
    case 'pending_cancel':
    case 'pending_replace':
    case 'unknown':
      return false
  }
}
