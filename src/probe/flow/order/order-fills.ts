import { add, format, negate, parseDecimal, sign, toNumber, zero } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import { idText } from '../../../base/ids.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { OrderEvent, OrderStatus } from '../../../semconv/words.ts'
import type { BookedFee } from './fees.ts'
import type { FillChange } from './fills.ts'
import type { BustEvent } from './order-life.ts'
import type { OrderStep } from '../handles/order.ts'
import { OrderRecord } from './order-record.ts'
import { fillRatio, sums } from './order-report.ts'
import { text } from './order-terms.ts'
import type { Bust, Fill } from './update.ts'

/** One fill that was taken, and what it changed. */
interface TakenFill {
  readonly fill: Fill & OrderStep
  readonly event: OrderEvent
  readonly change: FillChange
  readonly quantity: Decimal
  readonly before: OrderStatus
  readonly wasEnded: boolean
  readonly derived?: true
}

/** How fills and fees of an order are taken and told. */
export abstract class OrderFills extends OrderRecord {
  /** Fees by execution id, and the price that they were valued at. */
  readonly #feesOf = new Map<
    string,
    { readonly fees: readonly BookedFee[]; readonly price: Decimal }
  >()
  #hasFirst = false

  filled(told: Fill & OrderStep = {}, event: 'trade' | 'calculated' = 'trade'): void {
    this.guard('filled', () => {
      const fill = withTextId(told)
      this.learn(fill)
      // Without a quantity all that is open is meant; one that is no number means nothing.
      const quantity = fill.quantity === undefined ? this.life.room : parseDecimal(fill.quantity)
      const price = parseDecimal(fill.price) ?? this.fallbackPrice ?? zero
      if (!quantity || sign(quantity) <= 0 || sign(price) < 0) {
        this.illegal('trade', fill)
        return
      }
      const wasEnded = this.life.ended
      const before = this.life.status
      const change = this.life.take({ execId: fill.execId, quantity, price }, this.core.nowMs())
      if (change === 'no_room') {
        this.illegal('trade', fill)
        return
      }
      if (change === 'duplicate' && this.#isNewsOfFee(fill)) {
        this.#confirmFee(fill, quantity, price)
        return
      }
      if (change === 'duplicate') {
        this.tell('trading.order.duplicate_fill', fill, {
          'trading.fill.id': fill.execId,
        })
        return
      }
      if (fill.execId !== undefined) this.index.addExecId(this, fill.execId)
      this.#report({ fill, event, change, quantity, before, wasEnded })
    })
  }

  /** @param event `trade_correct` where another fill takes its place */
  busted(told: Bust & OrderStep, event: BustEvent = 'trade_cancel'): void {
    this.guard('busted', () => {
      const bust = withTextId(told)
      this.learn(bust)
      if (this.takeBack(bust, event) === 'unknown')
        this.illegal(`${event} of fill ${bust.execId}`, bust)
    })
  }

  /** Takes a fill back with its fees, and says so. @returns why not */
  protected takeBack(
    bust: Bust & OrderStep,
    event: BustEvent,
  ): 'duplicate' | 'unknown' | undefined {
    const { execId } = bust
    const wasEnded = this.life.ended
    const price = this.life.fills.of(execId)?.price ?? parseDecimal(bust.price) ?? zero
    const change = this.life.bust(execId, parseDecimal(bust.quantity), event)
    if (typeof change === 'string') return change
    const quantity = negate(change.quantity)
    const fees = this.#withdrawFees(execId)
    this.tell(
      'trading.order.fill_busted',
      bust,
      {
        'trading.order.event': event,
        'trading.fill.ref_id': execId,
        ...fillAttributes({ ...bust, execId: idText(bust.reportId) }, quantity, price),
        'trading.fill.quantity': format(quantity),
        ...sums(this.life),
        ...feesOfFill(fees),
        'trading.fill.late': wasEnded ? true : undefined,
      },
      {
        what: `fill of ${format(quantity)} at ${priceText(price) ?? 'a price not told'} taken back`,
        ...(event === 'trade_correct' && { severity: 'warn' }),
      },
    )
    this.owner.orderFilled(this, change)
    return undefined
  }

  /** Takes the filled quantity that the venue reports; where fills are missing, one is derived. */
  caughtUp(filled: Decimal, averagePrice: Decimal | undefined, step: OrderStep): void {
    this.guard('caughtUp', () => {
      const wasEnded = this.life.ended
      const before = this.life.status
      const nowMs = this.core.nowMs()
      const change = this.life.catchUp(filled, averagePrice, this.fallbackPrice, nowMs)
      if (!change) return
      this.#report({
        fill: { ...step, quantity: change.quantity },
        event: 'trade',
        change,
        quantity: change.quantity,
        before,
        wasEnded,
        derived: true,
      })
    })
  }

  /** Fees of the order as the venue sums them; replaced by those of the fills when they come. */
  reportedFee(fee: DecimalInput | undefined, currency: string | undefined): void {
    this.guard('reportedFee', () => {
      const booked = this.fees.report(fee, currency, this.symbol, this.life.fills.averagePrice)
      if (booked) this.#measureFee(booked)
    })
  }

  #report(taken: TakenFill): void {
    const { fill, change, quantity, before, wasEnded, event, derived } = taken
    this.leftUnknown(before)
    const isNew = sign(change.quantity) > 0
    const isFirst = isNew && !this.#hasFirst
    this.#hasFirst ||= isNew
    const fees = this.#bookFees(fill, change.price)
    const isComplete = this.life.status === 'filled'
    const name = !isNew
      ? 'trading.order.fill_confirmed'
      : isComplete
        ? 'trading.order.filled'
        : 'trading.order.partially_filled'
    this.tell(
      name,
      fill,
      {
        'trading.order.event': event,
        ...fillAttributes(fill, quantity, change.price),
        ...sums(this.life),
        ...feesOfFill(fees),
        'trading.fill.derived': derived,
        'trading.fill.late': wasEnded ? true : undefined,
        ...(isFirst && { 'trading.order.first_fill_ms': this.life.firstFillMs }),
        ...(isComplete && isNew && this.#completion()),
      },
      { what: `filled ${format(quantity)} at ${priceText(change.price) ?? 'a price not told'}` },
    )
    this.#measureFill(fill, change, isFirst)
    this.owner.orderFilled(this, change)
    const isOver = this.life.quantity?.lt(this.life.fills.quantity) ?? false
    const isProofless = before === 'rejected' || before === 'denied'
    if (isNew && (isOver || isProofless)) this.illegal(isOver ? 'trade beyond quantity' : 'trade')
    if (this.life.ended) this.end()
  }

  #completion(): TradingAttributes {
    return {
      'trading.order.fill_ms': this.life.lastFillMs,
      'trading.order.fill_ratio': fillRatio(this.life),
      'trading.slippage.arrival_bps': this.slippage().arrival,
    }
  }

  #bookFees(fill: Fill, price: Decimal): BookedFee[] {
    const withdrawn = this.fees.dropReported(fill.fee)
    if (withdrawn) this.#measureFee(withdrawn)
    const booked: BookedFee[] = []
    for (const { fee, feeCurrency } of [fill, ...(fill.furtherFees ?? [])]) {
      const one = this.fees.add(fee, feeCurrency, this.symbol, price)
      if (one) booked.push(one)
    }
    if (fill.execId !== undefined && booked.length > 0) {
      this.#feesOf.set(fill.execId, { fees: booked, price })
    }
    for (const fee of booked) this.#measureFee(fee)
    return booked
  }

  #withdrawFees(execId: string): BookedFee[] {
    const taken = this.#feesOf.get(execId)
    this.#feesOf.delete(execId)
    const withdrawn: BookedFee[] = []
    for (const { fee, currency } of taken?.fees ?? []) {
      const one = this.fees.add(negate(fee), currency, this.symbol, taken?.price)
      if (one) withdrawn.push(one)
    }
    for (const fee of withdrawn) this.#measureFee(fee)
    return withdrawn
  }

  #isNewsOfFee({ execId, fee }: Fill): boolean {
    if (execId === undefined || this.#feesOf.has(execId)) return false
    return parseDecimal(fee) !== undefined && this.life.fills.of(execId) !== undefined
  }

  // The first message of a fill may be the quick one, without its fee (TRADE_LITE before ORDER_TRADE_UPDATE).
  #confirmFee(fill: Fill & OrderStep, quantity: Decimal, price: Decimal): void {
    const fees = this.#bookFees(fill, price)
    const words = fees.map(({ fee, currency }) => `${format(fee)} ${currency}`)
    this.tell(
      'trading.order.fill_confirmed',
      fill,
      {
        ...fillAttributes(fill, quantity, price),
        ...sums(this.life),
        ...feesOfFill(fees),
      },
      { what: `fee ${words.join(' and ')} known` },
    )
    this.owner.orderFilled(this, nothing(price))
  }

  #measureFee({ currency, fee }: BookedFee): void {
    const labels = { 'trading.fill.fee_currency': currency }
    this.core.measure(this.scope, 'trading.fees', toNumber(fee), labels)
  }

  #measureFill(fill: Fill, change: FillChange, isFirst: boolean): void {
    const { core, scope, life } = this
    const labels = { 'trading.fill.liquidity': fill.liquidity }
    if (sign(change.quantity) > 0) {
      core.measure(scope, 'trading.fill.quantity', Math.max(0, toNumber(change.base)), labels)
      core.measure(scope, 'trading.fill.notional', Math.max(0, toNumber(change.quote)), labels)
    }
    if (isFirst && life.firstFillMs !== undefined) {
      core.measure(scope, 'trading.order.first_fill.duration', life.firstFillMs / 1000)
    }
  }
}

// A bot in JavaScript may tell a fill by the number of the venue, and its stream the same one by its text.
function withTextId<Told extends Pick<Fill, 'execId'>>(fill: Told): Told {
  const execId = idText(fill.execId)
  return execId === fill.execId ? fill : { ...fill, execId }
}

/** A change that only brings a fee. */
function nothing(price: Decimal): FillChange {
  return { quantity: zero, value: zero, base: zero, quote: zero, price }
}

/** The price as text; undefined for the zero that stands where none is known. */
function priceText(price: Decimal): string | undefined {
  return sign(price) > 0 ? format(price) : undefined
}

/** The first fee of a fill, and all by currency where there are several. */
function feesOfFill(fees: readonly BookedFee[]): TradingAttributes {
  const sums = new Map<string, Decimal>()
  for (const { currency, fee } of fees) sums.set(currency, add(sums.get(currency) ?? zero, fee))
  const [first, ...further] = [...sums].map(([currency, fee]) => [currency, format(fee)] as const)
  if (!first) return {}
  return {
    'trading.fill.fee': first[1],
    'trading.fill.fee_currency': first[0],
    'trading.fees_by_currency':
      further.length > 0 ? Object.fromEntries([first, ...further]) : undefined,
  }
}

function fillAttributes(fill: Fill, quantity: Decimal, price: Decimal): TradingAttributes {
  return {
    'trading.fill.id': fill.execId,
    'trading.fill.price': text(fill.price) ?? priceText(price),
    'trading.fill.price_num': sign(price) > 0 ? toNumber(price) : undefined,
    'trading.fill.quantity': text(fill.quantity) ?? format(quantity),
    'trading.fill.quantity_num': toNumber(quantity),
    'trading.fill.liquidity': fill.liquidity,
    'trading.fill.settlement': fill.settlement,
    'trading.fill.tx_hash': fill.txHash,
  }
}
