import { orderEventOf, orderStatusOf, timeInForceOf } from '../../../semconv/order-words.ts'
import { rejectReasonOf } from '../../../semconv/reject-words.ts'
import type { Fill, OrderUpdate } from '../../flow/order/update.ts'
import {
  algoStatusOf,
  averageOf,
  expiryReasonOf,
  originOf,
  statusOf,
  typeOf,
  wasTriggered,
} from './binance-words.ts'
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
 * Binance spot and USDⓈ-M futures: user-stream events (`executionReport`, `ORDER_TRADE_UPDATE`, `TRADE_LITE`,
 * `ALGO_UPDATE`, bare, wrapped or of a combined stream) and REST answers (orders, own trades, cancels, errors).
 *
 * A cancel is sent under a client id of its own; the id of the order is `C` in the stream and `origClientOrderId` in
 * answers. An order that was amended at spot goes on under `c`, and `C` is what it had before. A trade id of −1 or 0
 * means that nothing was traded.
 */

/**
 * Codes that say that the outcome is not known: no answer from the engine within its time. Neither is it where a client
 * id is refused because it is there already: it may be that of the order itself, whose first answer was lost.
 */
const unknownCodes: ReadonlySet<string> = new Set(['-1000', '-1001', '-1006', '-1007'])

/** What a message of Binance says about orders; nothing for any other message. */
export function binanceUpdates(message: unknown, venue = 'binance'): OrderUpdate[] {
  if (Array.isArray(message)) return listOf(message).flatMap((item) => binanceUpdates(item, venue))
  if (!isFields(message)) return []
  const inner = message['event'] ?? message['data']
  if (isFields(inner)) return binanceUpdates(inner, venue)
  return read(message).map((update) => ({ venue, ...update }))
}

function read(message: Fields): OrderUpdate[] {
  const order = message['o']
  switch (message['e']) {
    case 'executionReport':
      return [fromReport(message, 'spot')]
    case 'ORDER_TRADE_UPDATE':
      return isFields(order) ? [fromReport(order, 'futures')] : []
    case 'ALGO_UPDATE':
      return isFields(order) ? [fromAlgo(order, message)] : []
    case 'TRADE_LITE':
      return [fromLite(message)]
    case undefined:
      return fromAnswer(message)
    default:
      return []
  }
}

function fromReport(report: Fields, market: 'spot' | 'futures'): OrderUpdate {
  const original = textOf(report['C'])
  const own = textOf(report['c'])
  const isCancel = original !== undefined && report['x'] !== 'REPLACED'
  const force = timeInForceOf('binance', report['f'])
  const type = textOf(report['o'])
  const isTriggered = wasTriggered(report)
  const status = isTriggered ? 'triggered' : statusOf(report['X'], report['z'], report['q'])
  const reason = textOf(report['r'])
  const rejected = status === 'rejected'
  return {
    clientOrderId: isCancel ? original : own,
    originalClientOrderId: isCancel ? own : original,
    orderId: textOf(report['i']),
    symbol: textOf(report['s']),
    side: sideOf(report['S']),
    type: typeOf(report['ot'] ?? type, market),
    timeInForce: force?.timeInForce,
    postOnly: type === 'LIMIT_MAKER' ? true : force?.postOnly,
    reduceOnly: flagOf(report['R']),
    quantity: positiveOf(report['q']),
    price: positiveOf(report['p']),
    stopPrice: positiveOf(report['sp'] ?? report['P']),
    status,
    event: isTriggered ? 'triggered' : orderEventOf('binance', report['x']),
    venueStatus: textOf(report['X']),
    venueEvent: textOf(report['x']),
    filledQuantity: amountOf(report['z']),
    averagePrice: positiveOf(report['ap']) ?? averageOf(report['Z'], report['z']),
    fill: fillOf(report),
    rejectText: rejected ? reason : undefined,
    rejectReason: rejected ? rejectReasonOf({ venue: 'binance', text: reason }) : undefined,
    cancelReason: isTriggered ? undefined : expiryReasonOf(report),
    origin: originOf(report['X']),
    timeMs: millisecondsOf(report['T']),
  }
}

function fillOf(report: Fields): Fill | undefined {
  const quantity = positiveOf(report['l'])
  if (quantity === undefined) return undefined
  return {
    execId: positiveOf(report['t']),
    price: positiveOf(report['L']),
    quantity,
    liquidity: report['m'] === true ? 'maker' : 'taker',
    fee: amountOf(report['n']),
    feeCurrency: textOf(report['N']),
    timeMs: millisecondsOf(report['T']),
  }
}

function fromLite(trade: Fields): OrderUpdate {
  return {
    clientOrderId: textOf(trade['c']),
    orderId: textOf(trade['i']),
    symbol: textOf(trade['s']),
    side: sideOf(trade['S']),
    quantity: positiveOf(trade['q']),
    price: positiveOf(trade['p']),
    event: 'trade',
    venueEvent: 'TRADE_LITE',
    fill: fillOf(trade),
    timeMs: millisecondsOf(trade['T']),
  }
}

// A conditional order has ids of its own; once triggered, the order that it became goes by `ai`.
function fromAlgo(order: Fields, message: Fields): OrderUpdate {
  const status = algoStatusOf(order['X'], order['aq'], order['q'])
  const reason = textOf(order['rm'])
  const ended = status === 'canceled' || status === 'expired'
  return {
    clientOrderId: textOf(order['caid']),
    orderId: textOf(order['aid']),
    triggeredOrderId: textOf(order['ai']),
    symbol: textOf(order['s']),
    side: sideOf(order['S']),
    type: typeOf(order['o'], 'futures'),
    timeInForce: timeInForceOf('binance', order['f'])?.timeInForce,
    reduceOnly: flagOf(order['R']),
    quantity: positiveOf(order['q']),
    price: positiveOf(order['p']),
    stopPrice: positiveOf(order['tp']),
    status,
    venueStatus: textOf(order['X']),
    venueEvent: 'ALGO_UPDATE',
    filledQuantity: positiveOf(order['aq']),
    averagePrice: positiveOf(order['ap']),
    rejectText: status === 'rejected' ? reason : undefined,
    cancelReason: ended ? reason : undefined,
    timeMs: millisecondsOf(message['T']),
  }
}

function fromAnswer(answer: Fields): OrderUpdate[] {
  const reports = listOf(answer['orderReports'])
  if (reports.length > 0) return reports.map(fromOrder)
  if ('orderId' in answer && 'status' in answer) return [fromOrder(answer)]
  if ('algoId' in answer && 'algoStatus' in answer) return [fromAlgoOrder(answer)]
  if ('orderId' in answer && 'commission' in answer) return [fromTrade(answer)]
  return isError(answer) ? [fromError(answer)] : []
}

function fromOrder(order: Fields): OrderUpdate {
  const force = timeInForceOf('binance', order['timeInForce'])
  const fills = listOf(order['fills'])
  const time = order['updateTime'] ?? order['transactTime'] ?? order['time']
  const market = 'cumQuote' in order || 'reduceOnly' in order ? 'futures' : 'spot'
  const quote = order['cummulativeQuoteQty'] ?? order['cumQuote']
  return {
    clientOrderId: textOf(order['origClientOrderId'] ?? order['clientOrderId']),
    orderId: textOf(order['orderId']),
    symbol: textOf(order['symbol']),
    side: sideOf(order['side']),
    type: typeOf(order['origType'] ?? order['type'], market),
    timeInForce: force?.timeInForce,
    postOnly: order['type'] === 'LIMIT_MAKER' ? true : force?.postOnly,
    reduceOnly: flagOf(order['reduceOnly']),
    quantity: positiveOf(order['origQty']),
    price: positiveOf(order['price']),
    stopPrice: positiveOf(order['stopPrice']),
    status: statusOf(order['status'], order['executedQty'], order['origQty']),
    venueStatus: textOf(order['status']),
    filledQuantity: amountOf(order['executedQty']),
    averagePrice: positiveOf(order['avgPrice']) ?? averageOf(quote, order['executedQty']),
    fills: fills.map(fromFill),
    cancelReason: expiryReasonOf({ X: order['status'] }),
    timeMs: millisecondsOf(time),
  }
}

function fromFill(fill: Fields): Fill {
  return {
    execId: positiveOf(fill['tradeId']),
    price: positiveOf(fill['price']),
    quantity: positiveOf(fill['qty']),
    fee: amountOf(fill['commission']),
    feeCurrency: textOf(fill['commissionAsset']),
  }
}

function fromAlgoOrder(order: Fields): OrderUpdate {
  return {
    clientOrderId: textOf(order['clientAlgoId']),
    orderId: textOf(order['algoId']),
    symbol: textOf(order['symbol']),
    side: sideOf(order['side']),
    type: typeOf(order['type'] ?? order['orderType'], 'futures'),
    timeInForce: timeInForceOf('binance', order['timeInForce'])?.timeInForce,
    reduceOnly: flagOf(order['reduceOnly']),
    quantity: positiveOf(order['quantity']),
    price: positiveOf(order['price']),
    stopPrice: positiveOf(order['triggerPrice']),
    status: orderStatusOf('binance', order['algoStatus']),
    venueStatus: textOf(order['algoStatus']),
    timeMs: millisecondsOf(order['updateTime']),
  }
}

function fromTrade(trade: Fields): OrderUpdate {
  const isBuyer = trade['isBuyer'] ?? trade['buyer']
  const isMaker = trade['isMaker'] ?? trade['maker']
  return {
    orderId: textOf(trade['orderId']),
    symbol: textOf(trade['symbol']),
    side: sideOf(trade['side']) ?? (isBuyer === true ? 'buy' : 'sell'),
    event: 'trade',
    fill: {
      execId: textOf(trade['id']),
      price: positiveOf(trade['price']),
      quantity: positiveOf(trade['qty']),
      liquidity: isMaker === true ? 'maker' : 'taker',
      fee: amountOf(trade['commission']),
      feeCurrency: textOf(trade['commissionAsset']),
      timeMs: millisecondsOf(trade['time']),
    },
    timeMs: millisecondsOf(trade['time']),
  }
}

function isError(answer: Fields): boolean {
  const code = answer['code']
  return typeof code === 'number' && code < 0 && typeof answer['msg'] === 'string'
}

function fromError(error: Fields): OrderUpdate {
  const code = textOf(error['code'])
  const text = textOf(error['msg'])
  const reason = rejectReasonOf({ venue: 'binance', code, text })
  const isDuplicate = reason === 'duplicate_client_id'
  const isUnknown = isDuplicate || (code !== undefined && unknownCodes.has(code))
  return {
    status: isUnknown ? 'unknown' : 'rejected',
    event: isUnknown ? 'unknown' : 'rejected',
    rejectCode: code,
    rejectText: text,
    rejectReason: isUnknown && !isDuplicate ? undefined : reason,
  }
}
