/** An engine on a book that the test writes, and what the engine told. */
import { decimal } from '../../../src/bot/decimal.ts'
import type { Instrument, Level, Side } from '../../../src/bot/market/event.ts'
import { Core, Refused } from '../../../src/bot/venue/core.ts'
import type { OrderType, TimeInForce } from '../../../src/bot/venue/exchange.ts'
import type { PaperFill, PaperOrder } from '../../../src/bot/venue/paper-order.ts'

export const instrument: Instrument = {
  symbol: 'BTC/USDT',
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.5',
  lotSize: '0.1',
  minNotional: '10',
}

export interface Told {
  readonly order: PaperOrder
  readonly happened: string
  readonly fill: PaperFill | undefined
}

export interface Wish {
  readonly side: Side
  readonly quantity: string
  readonly price?: string
  readonly type?: OrderType
  readonly timeInForce?: TimeInForce
  readonly reduceOnly?: boolean
  readonly clientOrderId?: string
  readonly expiresAtMs?: number
}

/** Drives a `Core` by hand. Time passes by a millisecond with each event. */
export class Engine {
  readonly core: Core
  readonly told: Told[] = []
  #nowNs = 0n
  #ids = 0

  constructor(deposit = '10000') {
    this.core = new Core({
      instrument,
      fees: { maker: '0.0001', taker: '0.0005' },
      deposit,
      idPrefix: '',
      nowNs: () => this.#nowNs,
      onOrder: (order, happened, fill) => this.told.push({ order, happened, fill }),
    })
  }

  book(bids: readonly Level[], asks: readonly Level[]): void {
    this.#nowNs += 1_000_000n
    this.core.onMarket({ kind: 'book', venue: 'x', timeNs: this.#nowNs, bids, asks })
  }

  trade(aggressor: Side, price: string, quantity: string): void {
    this.#nowNs += 1_000_000n
    const timeNs = this.#nowNs
    this.core.onMarket({
      kind: 'trade',
      venue: 'x',
      id: `${timeNs}`,
      timeNs,
      price,
      quantity,
      aggressor,
    })
  }

  place(wish: Wish): PaperOrder {
    const { type = wish.price === undefined ? 'market' : 'limit' } = wish
    this.#ids += 1
    return this.core.place({
      clientOrderId: wish.clientOrderId ?? `c${this.#ids}`,
      type,
      side: wish.side,
      quantity: decimal(wish.quantity),
      price: wish.price === undefined ? undefined : decimal(wish.price),
      timeInForce: wish.timeInForce ?? (type === 'market' ? 'IOC' : 'GTC'),
      reduceOnly: wish.reduceOnly ?? false,
      expiresAtMs: wish.expiresAtMs,
    })
  }

  /** Reason why the wish is refused, or undefined. */
  refusal(wish: Wish): string | undefined {
    try {
      this.place(wish)
      return undefined
    } catch (error) {
      if (error instanceof Refused) return error.reason
      throw error
    }
  }
}

/** `price × quantity` of each fill, `m`aker or `t`aker. */
export function fillsOf(order: PaperOrder): string[] {
  return order.fills.map(
    (fill) => `${fill.quantity.toFixed()}@${fill.price.toFixed()}${fill.liquidity[0]}`,
  )
}
