import { orderStatusOf, orderTypeOf, timeInForceOf } from '../../../semconv/order-words.ts'
import { compare, parseDecimal, sign } from '../../../base/decimal.ts'
import type { Liquidity, OrderStatus, Side } from '../../../semconv/words.ts'
import type {
  AnyUpdate,
  CcxtFee,
  CcxtOrder,
  CcxtTrade,
  Fill,
  FillFee,
  OrderUpdate,
} from './update.ts'

/**
 * Reads whatever {@link Flows.update} takes into {@link OrderUpdate}s. A ccxt order gives one, with the trades it carries
 * as its fills; a ccxt trade gives one. What is no order gives none.
 */
export function readUpdate(update: AnyUpdate): OrderUpdate[] {
  if (typeof update !== 'object' || update === null) return []
  if (isCcxtTrade(update)) return [fromTrade(update)]
  if (isCcxtOrder(update)) return [fromOrder(update)]
  return [update]
}

/** Whether what a send answered is an order as ccxt gives it. */
export function isOrderAnswer(answer: unknown): answer is CcxtOrder {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'id' in answer &&
    typeof answer.id === 'string' &&
    ('info' in answer || 'status' in answer)
  )
}

function isCcxtTrade(update: AnyUpdate): update is CcxtTrade {
  if ('orderId' in update || 'clientOrderId' in update || 'filled' in update) return false
  return 'takerOrMaker' in update || 'order' in update
}

function isCcxtOrder(update: AnyUpdate): update is CcxtOrder {
  return 'id' in update
}

function fromOrder(order: CcxtOrder): OrderUpdate {
  const time = order.lastUpdateTimestamp ?? order.lastTradeTimestamp ?? order.timestamp
  const force = timeInForceOf('ccxt', order.timeInForce)
  const postOnly = order.postOnly ?? force?.postOnly
  const fee = onlyFee(order)
  const update: OrderUpdate = {
    orderId: order.id ?? undefined,
    clientOrderId: order.clientOrderId ?? undefined,
    symbol: order.symbol ?? undefined,
    side: sideOf(order.side),
    type: orderTypeOf('ccxt', order.type),
    timeInForce: force?.timeInForce,
    postOnly: postOnly ?? undefined,
    reduceOnly: order.reduceOnly ?? undefined,
    quantity: order.amount ?? undefined,
    price: order.price ?? undefined,
    stopPrice: order.triggerPrice ?? order.stopPrice ?? undefined,
    status: statusOf(order),
    venueStatus: order.status ?? undefined,
    filledQuantity: order.filled ?? undefined,
    averagePrice: order.average ?? undefined,
    fee: fee?.cost ?? undefined,
    feeCurrency: fee?.currency ?? undefined,
    timeMs: time ?? undefined,
  }
  const fills = (order.trades ?? []).map(fillOf)
  return fills.length > 0 ? { ...update, fills } : update
}

function fromTrade(trade: CcxtTrade): OrderUpdate {
  return {
    orderId: trade.order ?? undefined,
    symbol: trade.symbol ?? undefined,
    side: sideOf(trade.side),
    type: orderTypeOf('ccxt', trade.type),
    event: 'trade',
    fill: fillOf(trade),
    timeMs: trade.timestamp ?? undefined,
  }
}

function fillOf(trade: CcxtTrade): Fill {
  const [fee, ...further] = feesOf(trade)
  const fill: Fill = {
    execId: trade.id ?? undefined,
    price: trade.price ?? undefined,
    quantity: trade.amount ?? undefined,
    liquidity: liquidityOf(trade.takerOrMaker),
    fee: fee?.fee,
    feeCurrency: fee?.feeCurrency,
    timeMs: trade.timestamp ?? undefined,
  }
  return further.length > 0 ? { ...fill, furtherFees: further } : fill
}

// ccxt gives both where it reduced several fees to one per currency; then `fees` has them all.
function feesOf({ fee, fees }: CcxtTrade): FillFee[] {
  const all = fees && fees.length > 1 ? fees : [fee ?? fees?.[0]]
  return all.flatMap((one) => {
    const { cost, currency } = one ?? {}
    return cost === undefined || cost === null
      ? []
      : [{ fee: cost, feeCurrency: currency ?? undefined }]
  })
}

// ccxt knows open and closed alone: how far it is filled tells the rest.
function statusOf(order: CcxtOrder): OrderStatus | undefined {
  const status = orderStatusOf('ccxt', order.status)
  const filled = parseDecimal(order.filled)
  const amount = parseDecimal(order.amount)
  if (status === 'new') return filled && sign(filled) > 0 ? 'partially_filled' : 'new'
  if (status === 'filled' && filled && amount && compare(filled, amount) < 0) return 'canceled'
  return status
}

function onlyFee(source: {
  readonly fee?: CcxtFee | null | undefined
  readonly fees?: readonly CcxtFee[] | null | undefined
}): CcxtFee | undefined {
  return source.fee ?? (source.fees?.length === 1 ? source.fees[0] : undefined)
}

function sideOf(side: unknown): Side | undefined {
  return side === 'buy' || side === 'sell' ? side : undefined
}

function liquidityOf(word: unknown): Liquidity | undefined {
  return word === 'maker' || word === 'taker' ? word : undefined
}
