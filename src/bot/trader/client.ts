/**
 * The bot's way to an exchange: each call is told before and after, slow and refused ones too, and what may be
 * asked twice is asked again when the network fails. Orders are never sent twice: whether the first arrived
 * is for reconciliation to find out.
 */
import { watchService, type Events, type Service } from '../../index.ts'
import type { Timeline } from '../timeline.ts'
import { NetworkError } from '../venue/exchange-error.ts'
import type {
  Exchange,
  FundingPayment,
  Order,
  OrderBook,
  OrderParams,
  OrderType,
  Position,
  Side,
  Ticker,
  Trade,
} from '../venue/exchange.ts'
import { tellFailure, tellIfSlow } from './call-failure.ts'

/** What a client needs to know. */
export interface ClientOptions {
  readonly exchange: Exchange
  readonly symbol: string
  readonly timeline: Timeline
  readonly events: Events
  readonly latencyLimitMs: number
}

/** An order to send. */
export interface Wish {
  readonly type: OrderType
  readonly side: Side
  readonly quantity: string
  readonly price?: string
  readonly params: OrderParams & { readonly clientOrderId: string }
}

interface Call {
  readonly operation: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly params?: object
}

const attemptsMax = 4
const backoffMs = 80

/** One venue, as the bot calls it. */
export class VenueClient {
  readonly #options: ClientOptions
  readonly #service: Service

  constructor(options: ClientOptions) {
    this.#options = options
    // Told by the calls that are made anyway: a check of its own would cost weight of the rate limit.
    const { exchange, timeline } = options
    this.#service = watchService({
      name: exchange.id,
      clock: { wallNs: () => timeline.nowNs, monotonicMs: () => timeline.elapsedMs },
    })
  }

  get id(): string {
    return this.#options.exchange.id
  }

  /** Whether the last calls were answered. */
  get isUp(): boolean {
    return this.#service.isUp !== false
  }

  /** The bot is over: no answer is no news any more. */
  close(): void {
    this.#service.close()
  }

  /** How late the venue still accepts a request, ms. */
  get receiveWindowMs(): number {
    return this.#options.exchange.options.recvWindow
  }

  /** Used part of the request budget. */
  get weightUsed(): number {
    const { usedWeight, weightLimit } = this.#options.exchange
    return usedWeight / weightLimit
  }

  createOrder({ type, side, quantity, price, params }: Wish): Promise<Order> {
    const { exchange, symbol } = this.#options
    const call: Call = {
      operation: 'createOrder',
      method: 'POST',
      path: '/api/v1/order',
      params: { symbol, type, side, quantity, price, ...params },
    }
    return this.#once(call, () => exchange.createOrder(symbol, type, side, quantity, price, params))
  }

  editOrder(order: {
    readonly id: string
    readonly side: Side
    readonly quantity: string
    readonly price: string
  }): Promise<Order> {
    const { exchange, symbol } = this.#options
    const { id, side, quantity, price } = order
    const call: Call = {
      operation: 'editOrder',
      method: 'PUT',
      path: '/api/v1/order',
      params: order,
    }
    return this.#once(call, () => exchange.editOrder(id, symbol, 'limit', side, quantity, price))
  }

  cancelOrder(clientOrderId: string): Promise<Order> {
    const { exchange, symbol } = this.#options
    const call: Call = {
      operation: 'cancelOrder',
      method: 'DELETE',
      path: '/api/v1/order',
      params: { clientOrderId },
    }
    return this.#once(call, () => exchange.cancelOrder('', symbol, { clientOrderId }))
  }

  fetchOrder(clientOrderId: string): Promise<Order> {
    const call: Call = {
      operation: 'fetchOrder',
      method: 'GET',
      path: '/api/v1/order',
      params: { clientOrderId },
    }
    return this.#again(call, ({ exchange, symbol }) =>
      exchange.fetchOrder('', symbol, { clientOrderId }),
    )
  }

  fetchMyTrades(since: number): Promise<readonly Trade[]> {
    const call: Call = {
      operation: 'fetchMyTrades',
      method: 'GET',
      path: '/api/v1/userTrades',
      params: { since },
    }
    return this.#again(call, ({ exchange, symbol }) => exchange.fetchMyTrades(symbol, since))
  }

  fetchOrderBook(): Promise<OrderBook> {
    const call: Call = { operation: 'fetchOrderBook', method: 'GET', path: '/api/v1/depth' }
    return this.#again(call, ({ exchange, symbol }) => exchange.fetchOrderBook(symbol))
  }

  fetchTicker(): Promise<Ticker> {
    const call: Call = { operation: 'fetchTicker', method: 'GET', path: '/api/v1/ticker' }
    return this.#again(call, ({ exchange, symbol }) => exchange.fetchTicker(symbol))
  }

  fetchPositions(): Promise<readonly Position[]> {
    const call: Call = { operation: 'fetchPositions', method: 'GET', path: '/api/v1/positionRisk' }
    return this.#again(call, ({ exchange, symbol }) => exchange.fetchPositions([symbol]))
  }

  /** Free and total money in quote currency. */
  async fetchMoney(quote: string): Promise<{ readonly free: string; readonly total: string }> {
    const call: Call = { operation: 'fetchBalance', method: 'GET', path: '/api/v1/account' }
    const balances = await this.#again(call, ({ exchange }) => exchange.fetchBalance())
    return balances[quote] ?? { free: '0', total: '0' }
  }

  fetchFundingHistory(since: number): Promise<readonly FundingPayment[]> {
    const call: Call = {
      operation: 'fetchFundingHistory',
      method: 'GET',
      path: '/api/v1/income',
      params: { since },
    }
    return this.#again(call, ({ exchange, symbol }) => exchange.fetchFundingHistory(symbol, since))
  }

  setLeverage(leverage: number): Promise<void> {
    const call: Call = {
      operation: 'setLeverage',
      method: 'POST',
      path: '/api/v1/leverage',
      params: { leverage },
    }
    return this.#again(call, ({ exchange, symbol }) => exchange.setLeverage(leverage, symbol))
  }

  /** One attempt, told. */
  async #once<T>(call: Call, send: () => Promise<T>): Promise<T> {
    const { timeline, events, exchange } = this.#options
    const fields = {
      venue: this.id,
      apiOperation: call.operation,
      httpRequestMethod: call.method,
      urlPath: call.path,
    }
    const startMs = timeline.elapsedMs
    events.apiRequest({ ...fields, apiParams: call.params })
    try {
      const answer = await send()
      const durationMs = timeline.elapsedMs - startMs
      this.#service.reached(durationMs)
      events.apiResponse({
        ...fields,
        httpResponseStatusCode: 200,
        durationMs,
        apiWeight: exchange.usedWeight,
        apiWeightLimit: exchange.weightLimit,
      })
      tellIfSlow(this.#options, call.operation, durationMs)
      return answer
    } catch (error) {
      const durationMs = timeline.elapsedMs - startMs
      const isAnswered = tellFailure(this.#options, fields, { error, durationMs })
      if (isAnswered) this.#service.reached(durationMs)
      else this.#service.missed(error)
      throw error
    }
  }

  /** Several attempts, for calls that change nothing when they come twice. */
  async #again<T>(call: Call, send: (options: ClientOptions) => Promise<T>): Promise<T> {
    const { events, timeline } = this.#options
    const fields = {
      venue: this.id,
      apiOperation: call.operation,
      retryAttemptsMax: attemptsMax,
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#once(call, () => send(this.#options))
        if (attempt > 1) {
          events.retry(
            { ...fields, retryState: 'succeeded', retryAttempt: attempt },
            { message: `${call.operation} succeeded at attempt ${attempt} of ${attemptsMax}` },
          )
        }
        return answer
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error
        if (attempt === attemptsMax) {
          events.retry(
            { ...fields, retryState: 'given_up', retryAttempt: attempt },
            { error, message: `${call.operation} given up after ${attempt} attempts` },
          )
          throw error
        }
        const delayMs = Math.max(error.retryAfterMs ?? 0, backoffMs * 2 ** (attempt - 1))
        events.retry(
          {
            ...fields,
            retryState: 'waiting',
            retryAttempt: attempt + 1,
            retryDelayMs: delayMs,
            errorType: error.name,
          },
          {
            message: `${call.operation} again in ${delayMs} ms, attempt ${attempt + 1} of ${attemptsMax}`,
          },
        )
        await timeline.sleep(delayMs)
      }
    }
  }
}
