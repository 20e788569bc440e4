import { parseDecimal, sign } from '../../../base/decimal.ts'
import { orderEventOf, orderStatusOf, timeInForceOf } from '../../../semconv/order-words.ts'
import { rejectReasonOf } from '../../../semconv/reject-words.ts'
import type { OrderOrigin, OrderStatus, OrderType } from '../../../semconv/words.ts'
import type { Fill, OrderUpdate } from '../../flow/order/update.ts'
import {
  amountOf,
  flagOf,
  isFields,
  listOf,
  millisecondsOf,
  positiveOf,
  sideOf,
  textOf,
} from './fields.ts'
import type { Fields } from './fields.ts'

/**
 * Bybit V5: the private topics `order`, `execution` and `execution.fast`, and REST answers (orders, executions, create
 * and cancel acknowledgements, errors).
 *
 * An order that is `Rejected` after a part was filled is canceled for us: what is filled stays filled. Executions of
 * the types Funding and SessionSettlePnL are no fills. A trigger price of 0 or '' means that there is none. The quantity
 * of a market order to buy at spot is money, unless it says otherwise, and is left out.
 */

/** Executions that move money and fill nothing. */
const noFills: ReadonlySet<unknown> = new Set(['Funding', 'SessionSettlePnL'])

/**
 * Codes that do not say what became of the order: a server timeout, a request sent twice, an internal error. Nor does
 * the refusal of a client id that is there already: it may be that of the order itself.
 */
const unknownCodes: ReadonlySet<string> = new Set(['10000', '10014', '10016'])

/** What a message of Bybit says about orders; nothing for any other message. */
export function bybitUpdates(message: unknown, venue = 'bybit'): OrderUpdate[] {
  if (!isFields(message)) return []
  return read(message).map((update) => ({ venue, ...update }))
}

function read(message: Fields): OrderUpdate[] {
  const topic = textOf(message['topic'])
  if (topic !== undefined) {
    const isOrders = topic === 'order' || topic.startsWith('order.')
    const isExecutions = topic === 'execution' || topic.startsWith('execution.')
    return isOrders || isExecutions ? listOf(message['data']).flatMap(fromItem) : []
  }
  const code = textOf(message['retCode'])
  const result = message['result']
  if (code !== undefined && code !== '0') return [fromError(code, textOf(message['retMsg']))]
  if (!isFields(result)) return fromItem(message)
  if ('list' in result) return listOf(result['list']).flatMap(fromItem)
  return 'orderId' in result ? [fromAcknowledgement(result)] : []
}

function fromItem(item: Fields): OrderUpdate[] {
  if ('execId' in item) return noFills.has(item['execType']) ? [] : [fromExecution(item)]
  return 'orderStatus' in item && 'orderId' in item ? [fromOrder(item)] : []
}

function fromOrder(order: Fields): OrderUpdate {
  const status = statusOf(order)
  const force = timeInForceOf('bybit', order['timeInForce'])
  const reason = meaningful(order['rejectReason'])
  const cancelType = meaningful(order['cancelType'])
  const isRejected = status === 'rejected'
  return {
    clientOrderId: textOf(order['orderLinkId']),
    orderId: textOf(order['orderId']),
    symbol: textOf(order['symbol']),
    side: sideOf(order['side']),
    type: typeOf(order),
    timeInForce: force?.timeInForce,
    postOnly: force?.postOnly,
    reduceOnly: flagOf(order['reduceOnly']),
    quantity: isInQuoteMoney(order) ? undefined : positiveOf(order['qty']),
    price: positiveOf(order['price']),
    stopPrice: positiveOf(order['triggerPrice']),
    status,
    venueStatus: textOf(order['orderStatus']),
    filledQuantity: amountOf(order['cumExecQty']),
    averagePrice: positiveOf(order['avgPrice']),
    fee: amountOf(order['cumExecFee']),
    feeCurrency: textOf(order['feeCurrency']),
    rejectText: isRejected ? reason : undefined,
    rejectReason: isRejected ? rejectReasonOf({ venue: 'bybit', text: reason }) : undefined,
    cancelReason: isRejected ? undefined : (cancelType ?? reason),
    origin: originOf(order['createType'], undefined),
    timeMs: millisecondsOf(order['updatedTime']),
  }
}

function fromExecution(execution: Fields): OrderUpdate {
  const fill: Fill = {
    execId: textOf(execution['execId']),
    price: positiveOf(execution['execPrice']),
    quantity: positiveOf(execution['execQty']),
    liquidity: execution['isMaker'] === true ? 'maker' : 'taker',
    fee: amountOf(execution['execFee']),
    feeCurrency: textOf(execution['feeCurrency']),
    timeMs: millisecondsOf(execution['execTime']),
  }
  return {
    clientOrderId: textOf(execution['orderLinkId']),
    orderId: textOf(execution['orderId']),
    symbol: textOf(execution['symbol']),
    side: sideOf(execution['side']),
    quantity: positiveOf(execution['orderQty']),
    price: positiveOf(execution['orderPrice']),
    event: orderEventOf('bybit', execution['execType']) ?? 'trade',
    venueEvent: textOf(execution['execType']),
    fill,
    origin: originOf(execution['createType'], execution['execType']),
    timeMs: millisecondsOf(execution['execTime']),
  }
}

// Bybit answers as soon as its gateway has the order; whether it works is told on the stream.
function fromAcknowledgement(result: Fields): OrderUpdate {
  return {
    clientOrderId: textOf(result['orderLinkId']),
    orderId: textOf(result['orderId']),
    status: 'pending_new',
    event: 'pending_new',
  }
}

function fromError(code: string, text: string | undefined): OrderUpdate {
  const reason = rejectReasonOf({ venue: 'bybit', code, text })
  const isDuplicate = reason === 'duplicate_client_id'
  const isUnknown = isDuplicate || unknownCodes.has(code)
  return {
    status: isUnknown ? 'unknown' : 'rejected',
    event: isUnknown ? 'unknown' : 'rejected',
    rejectCode: code,
    rejectText: text,
    rejectReason: isUnknown && !isDuplicate ? undefined : reason,
  }
}

function statusOf(order: Fields): OrderStatus | undefined {
  const status = orderStatusOf('bybit', order['orderStatus'])
  const filled = parseDecimal(order['cumExecQty'])
  return status === 'rejected' && filled && sign(filled) > 0 ? 'canceled' : status
}

/**
 * The trigger makes the type. A stop goes with the market (a buy when it rises), an if-touched order against it; where
 * the direction is not told, `stopOrderType` tells.
 */
function typeOf(order: Fields): OrderType | undefined {
  const kind = textOf(order['stopOrderType']) ?? ''
  const isLimit = order['orderType'] === 'Limit'
  if (kind === 'TrailingStop') return 'trailing_stop'
  if (positiveOf(order['triggerPrice']) === undefined) return isLimit ? 'limit' : 'market'
  const isTakeProfit = kind.includes('TakeProfit') || (kind === 'Stop' && isAgainst(order))
  if (isTakeProfit) return isLimit ? 'take_profit_limit' : 'take_profit_market'
  return isLimit ? 'stop_limit' : 'stop_market'
}

// A market order to buy at spot may say how much money it spends; that is its default.
function isInQuoteMoney(order: Fields): boolean {
  const unit = textOf(order['marketUnit'])
  if (unit !== undefined) return unit === 'quoteCoin'
  const isBuy = sideOf(order['side']) === 'buy' && order['orderType'] === 'Market'
  return order['category'] === 'spot' && isBuy
}

function isAgainst(order: Fields): boolean {
  const side = sideOf(order['side'])
  const direction = Number(order['triggerDirection'])
  return (side === 'buy' && direction === 2) || (side === 'sell' && direction === 1)
}

function originOf(createType: unknown, execType: unknown): OrderOrigin | undefined {
  const created = textOf(createType) ?? ''
  if (execType === 'AdlTrade' || created.startsWith('CreateByAdl')) return 'adl'
  const isTaken = created.startsWith('CreateByLiq') || created.startsWith('CreateByTakeOver')
  if (execType === 'BustTrade' || isTaken) return 'liquidation'
  if (execType === 'Delivery') return 'delivery'
  return execType === 'Settle' ? 'settlement' : undefined
}

function meaningful(value: unknown): string | undefined {
  const text = textOf(value)
  return text === undefined || text === 'EC_NoError' || text === 'UNKNOWN' ? undefined : text
}
