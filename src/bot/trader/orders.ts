/**
 * The orders of one venue: sending, canceling, amending, and finding out what became of them.
 *
 * An order is never sent twice. When the answer is lost its outcome is unknown, and the venue is asked by
 * client order id until it knows the order, or until the receive window has passed and it can no longer
 * come to know it.
 */
import type { Flows, Logger, Order as FlowOrder } from '../../index.ts'
import { decimal, type Decimal } from '../decimal.ts'
import type { Timeline } from '../timeline.ts'
import {
  DuplicateOrderId,
  InvalidNonce,
  NetworkError,
  OnMaintenance,
  OrderNotFound,
  RateLimitExceeded,
  BaseError,
} from '../venue/exchange-error.ts'
import type { Order } from '../venue/exchange.ts'
import type { VenueClient, Wish } from './client.ts'
import type { LegFill } from './leg.ts'
import { LiveOrder } from './live-order.ts'
import type { Tally } from './tally.ts'

/** What the orders of a venue work with. */
export interface VenueOrdersOptions {
  readonly client: VenueClient
  readonly timeline: Timeline
  readonly flows: Flows
  readonly log: Logger
  readonly tally: Tally
  readonly candleMs: number
  /** Middle of the book now, for markouts. */
  readonly mid: () => Decimal | undefined
  /** An order the bot never sent. */
  readonly onForeign: (order: Order) => void
}

/** An order at work: what telemetry knows of it, and what the bot knows. */
export interface Work {
  readonly handle: FlowOrder
  readonly live: LiveOrder
}

/** How often a silent order is asked for: about every other candle. */
const pollMsMin = 250
const pollMsMax = 5000
const lookupMs = 120
/** When a fill is compared with the middle of the book. */
const markoutsMs = [1000, 5000] as const

/** Orders of one venue. */
export class VenueOrders {
  readonly #options: VenueOrdersOptions
  readonly #work = new Map<string, Work>()
  /** Every id ever sent: what comes of it late is not a stranger's. */
  readonly #sent = new Set<string>()

  constructor(options: VenueOrdersOptions) {
    this.#options = options
  }

  /** Orders that are not over. */
  get open(): readonly Work[] {
    return [...this.#work.values()].filter(({ live }) => !live.isOver)
  }

  /**
   * Sends an order and returns once it is known what came of sending it: it rests, it is over, or it
   * never existed. Does not throw for anything the venue says.
   * @param state what the bot knew when it sent the order
   */
  async place(
    handle: FlowOrder,
    wish: Omit<Wish, 'params'> & { readonly params?: Omit<Wish['params'], 'clientOrderId'> },
    { leg, state }: { readonly leg: { add(fill: LegFill): void }; readonly state?: object },
  ): Promise<Work> {
    const { client, tally, timeline } = this.#options
    const { clientOrderId } = handle
    const quantity = wish.quantity
    const live = new LiveOrder(
      { clientOrderId, side: wish.side, quantity: decimal(quantity) },
      (fill) => {
        leg.add(fill)
        tally.filled(client.id, fill)
        this.#planMarkouts(handle, fill.id)
      },
    )
    const work = { handle, live }
    this.#forgetEnded()
    this.#work.set(clientOrderId, work)
    this.#sent.add(clientOrderId)
    tally.sent(client.id)
    const sentMs = timeline.elapsedMs
    const send = (): Promise<Order> =>
      client.createOrder({ ...wish, params: { ...wish.params, clientOrderId } })
    try {
      live.ingest(await handle.submit(send, state ? { state } : {}))
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      if (isRefusal(error)) live.refuse(error)
      else {
        live.lose()
        await this.#reconcile(work, sentMs)
      }
    }
    return work
  }

  /** Waits until an order is over, asking for it when the stream is silent. */
  async whenOver({ handle, live }: Work): Promise<void> {
    const { timeline, candleMs } = this.#options
    const pollMs = Math.min(Math.max(candleMs * 2, pollMsMin), pollMsMax)
    while (!live.isOver) {
      const isSilent = await Promise.race([
        live.changed.next.then(() => false),
        timeline.sleep(pollMs).then(() => true),
      ])
      if (isSilent && !live.isOver) await this.#ask({ handle, live })
    }
  }

  /** Cancels, and waits until the order is over. A cancel that comes too late finds it filled. */
  async cancel(work: Work, reason: string): Promise<void> {
    const { client, log } = this.#options
    const { handle, live } = work
    if (live.status !== 'open') {
      await this.whenOver(work)
      return
    }
    handle.cancelRequested({ reason })
    try {
      this.#learn(work, await client.cancelOrder(live.clientOrderId))
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      if (error instanceof OrderNotFound) {
        handle.cancelRejected({ code: error.code, text: error.message })
        await this.#ask(work)
      } else {
        log.warn('a cancel was not answered; asking for the order', {
          'trading.order.client_id': live.clientOrderId,
        })
      }
    }
    while (!live.isOver) {
      await this.#ask(work)
      if (live.isOver) return
      // The venue says it is open still: the cancel never came.
      if (live.status === 'open') await this.#cancelAgain(work)
    }
  }

  /** Moves a resting order to another price. Returns whether the venue took it. */
  async amend({ handle, live }: Work, price: string): Promise<boolean> {
    const { client } = this.#options
    const { id } = live
    if (live.status !== 'open' || id === undefined) return false
    handle.replaceRequested({ price })
    try {
      const quantity = live.quantity.toFixed()
      const answer = await client.editOrder({ id, side: live.side, quantity, price })
      // The stream may have told its end before this answer came.
      if (!handle.ended) handle.replaced({ price, quantity: answer.amount })
      live.ingest(answer)
      return true
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      handle.cancelRejected({ code: error.code, text: error.message })
      await this.#ask({ handle, live })
      return false
    }
  }

  /** Did the bot send it? */
  knows(clientOrderId: string | undefined): boolean {
    return clientOrderId !== undefined && this.#sent.has(clientOrderId)
  }

  /** A message of the user stream. */
  ingest(order: Order): void {
    const { client, flows, onForeign } = this.#options
    flows.update(order, { venue: client.id })
    const work = this.#work.get(order.clientOrderId)
    if (work) work.live.ingest(order)
    else if (!this.knows(order.clientOrderId)) onForeign(order)
  }

  /** After a broken stream: asks for every order that is not over. */
  async reconcileAll(): Promise<void> {
    for (const work of this.open) await this.#ask(work)
  }

  #forgetEnded(): void {
    for (const [id, { live }] of this.#work) if (live.isOver) this.#work.delete(id)
  }

  #learn({ handle, live }: Work, order: Order): void {
    handle.update(order)
    live.ingest(order)
  }

  async #ask(work: Work): Promise<void> {
    const { client, timeline, log } = this.#options
    work.handle.polled()
    try {
      this.#learn(work, await client.fetchOrder(work.live.clientOrderId))
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      log.debug('no answer about an order', {
        'trading.order.client_id': work.live.clientOrderId,
        error: error.name,
      })
      await timeline.sleep(lookupMs)
    }
  }

  async #cancelAgain(work: Work): Promise<void> {
    const { client } = this.#options
    try {
      this.#learn(work, await client.cancelOrder(work.live.clientOrderId))
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
    }
  }

  /** Finds out what became of an order whose answer was lost. */
  async #reconcile({ handle, live }: Work, sentMs: number): Promise<void> {
    const { client, timeline, log, tally } = this.#options
    const { clientOrderId } = live
    tally.unknown()
    log.warn('the outcome of an order is unknown; asking the venue', {
      'trading.order.client_id': clientOrderId,
    })
    // The stream may answer before the venue is asked.
    while (live.status === 'unknown') {
      const isTooLate = timeline.elapsedMs - sentMs > client.receiveWindowMs
      try {
        const found = await client.fetchOrder(clientOrderId)
        handle.reconciled(found)
        live.ingest(found)
      } catch (error) {
        if (!(error instanceof BaseError)) throw error
        if (error instanceof OrderNotFound && isTooLate) {
          handle.reconciled('not_found')
          live.refuse()
        } else await timeline.sleep(lookupMs)
      }
    }
    log.info('the outcome of an order is known', {
      'trading.order.client_id': clientOrderId,
      status: live.status,
    })
  }

  #planMarkouts(handle: FlowOrder, execId: string): void {
    const { timeline, mid } = this.#options
    for (const horizonMs of markoutsMs) {
      timeline.after(horizonMs, () => {
        const now = mid()
        if (now) handle.markout({ mid: now.toFixed(), horizonMs, execId })
      })
    }
  }
}

/** The venue said no, or said it did not look: the order does not exist. */
function isRefusal(error: BaseError): boolean {
  if (error instanceof DuplicateOrderId) return false
  if (!(error instanceof NetworkError)) return true
  return (
    error instanceof RateLimitExceeded ||
    error instanceof OnMaintenance ||
    error instanceof InvalidNonce
  )
}
