import {
  compare,
  divide,
  format,
  maximum,
  minimum,
  parseDecimal,
  sign,
} from '../../../base/decimal.ts'
import { orderEventOf, orderStatusOf, timeInForceOf } from '../../../semconv/order-words.ts'
import { rejectReasonOf } from '../../../semconv/reject-words.ts'
import { settlements } from '../../../semconv/words.ts'
import type { OrderStatus, Settlement } from '../../../semconv/words.ts'
import type { Fill, OrderUpdate } from '../../flow/order/update.ts'
import { isFields, listOf, millisecondsOf, positiveOf, sideOf, textOf } from './fields.ts'
import type { Fields } from './fields.ts'

/**
 * Polymarket CLOB: the user channel (`order`, `trade`), open orders, own trades, and the answers to placing and
 * canceling.
 *
 * - A match is final only when it is CONFIRMED on chain: the same trade comes again as MATCHED, MINED, CONFIRMED, or
 *   RETRYING and FAILED; it counts once and its settlement moves on.
 * - In a trade where we are the maker, the fill is what was matched of our own maker orders.
 * - An order has no client id: the answer to placing it brings its id.
 * - An order that is matched when it is placed may be so in part: the answer says what was made and taken for what. A
 *   share costs less than 1, so the larger amount is the shares, whichever side it was.
 * - Some messages say why in the status itself: `CANCELED_order couldn't be fully filled. …`
 */

/** What a message of Polymarket says about orders; nothing for any other message. */
export function polymarketUpdates(message: unknown, venue = 'polymarket'): OrderUpdate[] {
  if (Array.isArray(message)) {
    return listOf(message).flatMap((item) => polymarketUpdates(item, venue))
  }
  if (!isFields(message)) return []
  if (Array.isArray(message['data'])) return polymarketUpdates(message['data'], venue)
  return read(message).map((update) => ({ venue, ...update }))
}

function read(message: Fields): OrderUpdate[] {
  if ('taker_order_id' in message) return fromTrade(message)
  if ('original_size' in message && 'id' in message) return [fromOrder(message)]
  if ('not_canceled' in message) return fromCancel(message)
  if ('success' in message || 'orderID' in message) return [fromPlacing(message)]
  const error = textOf(message['error'])
  const isError = error !== undefined && Object.keys(message).length <= 2
  return isError ? [{ status: 'unknown', event: 'unknown', rejectText: error }] : []
}

function fromOrder(order: Fields): OrderUpdate {
  const [word = '', ...rest] = (textOf(order['status']) ?? '').split('_')
  const text = rest.length > 0 && word.toUpperCase() === 'CANCELED' ? rest.join('_') : undefined
  const filled = positiveOf(order['size_matched'])
  const isCancel = order['type'] === 'CANCELLATION'
  const status = isCancel
    ? 'canceled'
    : statusOf(text === undefined ? order['status'] : word, filled)
  return {
    orderId: textOf(order['id']),
    symbol: textOf(order['asset_id']),
    side: sideOf(order['side']),
    type: 'limit',
    timeInForce: timeInForceOf('polymarket', order['order_type'])?.timeInForce,
    quantity: positiveOf(order['original_size']),
    price: positiveOf(order['price']),
    status,
    event: orderEventOf('polymarket', order['type']),
    venueStatus: textOf(order['status']),
    venueEvent: textOf(order['type']),
    filledQuantity: filled,
    cancelReason: text ?? (isCancel && word === 'INVALID' ? 'INVALID' : undefined),
    timeMs: timeOf(order['timestamp']) ?? timeOf(order['created_at']),
  }
}

function fromTrade(trade: Fields): OrderUpdate[] {
  const common = {
    symbol: textOf(trade['asset_id']),
    event: 'trade',
    venueEvent: textOf(trade['status']),
    timeMs: timeOf(trade['timestamp']) ?? timeOf(trade['match_time']),
  } as const
  const settled = {
    execId: textOf(trade['id']),
    settlement: settlementOf(trade['status']),
    txHash: textOf(trade['transaction_hash']),
    timeMs: common.timeMs,
  }
  if (trade['trader_side'] === 'MAKER') {
    const owner = trade['owner'] ?? trade['trade_owner']
    const own = listOf(trade['maker_orders']).filter((order) => order['owner'] === owner)
    return own.map((order) => ({
      ...common,
      orderId: textOf(order['order_id']),
      symbol: textOf(order['asset_id']) ?? common.symbol,
      side: sideOf(order['side']),
      fill: makerFill(order, settled),
    }))
  }
  return [
    {
      ...common,
      orderId: textOf(trade['taker_order_id']),
      side: sideOf(trade['side']),
      fill: {
        ...settled,
        price: positiveOf(trade['price']),
        quantity: positiveOf(trade['size']),
        liquidity: 'taker',
      },
    },
  ]
}

function makerFill(order: Fields, settled: Fill): Fill {
  return {
    ...settled,
    price: positiveOf(order['price']),
    quantity: positiveOf(order['matched_amount']),
    liquidity: 'maker',
  }
}

function fromPlacing(answer: Fields): OrderUpdate {
  const orderId = textOf(answer['orderID'])
  const text = textOf(answer['errorMsg'])
  if (answer['success'] === true) {
    const word = textOf(answer['status'])
    const status = word === undefined ? 'new' : (orderStatusOf('polymarket', word) ?? 'new')
    const update: OrderUpdate = { orderId, status, event: 'new', venueStatus: word }
    const match = status === 'filled' ? matchOf(answer) : undefined
    return match ? { ...update, ...match, status: 'partially_filled' } : update
  }
  const rejectReason = rejectReasonOf({ text })
  // The same order again: the one before may live.
  const status = rejectReason === 'duplicate_client_id' ? 'unknown' : 'rejected'
  return { orderId, status, event: status, rejectText: text, rejectReason }
}

function matchOf(answer: Fields): OrderUpdate | undefined {
  const made = parseDecimal(answer['makingAmount'])
  const taken = parseDecimal(answer['takingAmount'])
  if (!made || !taken || sign(made) <= 0 || sign(taken) <= 0) return undefined
  const shares = maximum(made, taken)
  const average = compare(made, taken) === 0 ? undefined : divide(minimum(made, taken), shares)
  return { filledQuantity: format(shares), averagePrice: average && format(average) }
}

function fromCancel(answer: Fields): OrderUpdate[] {
  const canceled = Array.isArray(answer['canceled']) ? answer['canceled'] : []
  const refused = isFields(answer['not_canceled']) ? Object.entries(answer['not_canceled']) : []
  return [
    ...canceled.map((id: unknown): OrderUpdate => ({
      orderId: textOf(id),
      status: 'canceled',
      event: 'canceled',
    })),
    ...refused.map(([orderId, why]): OrderUpdate => {
      const text = textOf(why)
      return {
        orderId,
        event: 'cancel_rejected',
        rejectText: text,
        rejectReason: rejectReasonOf({ text }),
      }
    }),
  ]
}

function statusOf(word: unknown, filled: string | undefined): OrderStatus | undefined {
  const status = orderStatusOf('polymarket', word)
  const some = parseDecimal(filled)
  return status === 'new' && some && sign(some) > 0 ? 'partially_filled' : status
}

function settlementOf(word: unknown): Settlement | undefined {
  const state = textOf(word)
    ?.toLowerCase()
    .replace(/^trade_status_/, '')
  return settlements.find((settlement) => settlement === state)
}

// Some messages count in seconds, some in milliseconds, also under the same name.
function timeOf(value: unknown): number | undefined {
  const time = millisecondsOf(value)
  return time !== undefined && time < 1e11 ? time * 1000 : time
}
