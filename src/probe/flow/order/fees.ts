import {
  add,
  format,
  isZero,
  multiply,
  negate,
  parseDecimal,
  subtract,
  zero,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import { currenciesOf } from '../symbol.ts'

/** A fee, and the currency it was booked under. */
export interface BookedFee {
  readonly currency: string
  readonly fee: Decimal
}

/**
 * Fees by currency, exact. Those in quote money, and those in base money at the price of their fill, make up a total
 * in quote money; others (BNB) stay apart, since their price is not known here.
 */
export class Fees {
  #reported: BookedFee | undefined
  #hasFills = false
  readonly #byCurrency = new Map<string, Decimal>()
  #quote = zero
  #foreign = false
  #reportedQuote = zero

  /** Total in quote money, without foreign currencies. */
  get quote(): Decimal {
    return this.#quote
  }

  /** Whether some of it is in a currency that is neither base nor quote. */
  get hasForeign(): boolean {
    return this.#foreign
  }

  get isEmpty(): boolean {
    return this.#byCurrency.size === 0
  }

  /** Fees by currency as decimal strings. */
  get byCurrency(): Record<string, string> {
    const fees: Record<string, string> = {}
    for (const [currency, fee] of this.#byCurrency) fees[currency] = format(fee)
    return fees
  }

  /**
   * Adds the fee of a fill.
   * @param currency the quote currency when it is not said
   * @returns undefined when the fee is no number
   */
  add(
    fee: unknown,
    currency: string | undefined,
    symbol: string,
    price: Decimal | undefined,
  ): BookedFee | undefined {
    const amount = parseDecimal(fee)
    if (!amount) return undefined
    this.#hasFills = true
    return this.#book(amount, currency, symbol, price)
  }

  /**
   * Takes the sum that a venue reports for the order; each report replaces the one before.
   * @returns what it changed, or undefined when the fills have told their own fees
   */
  report(
    fee: unknown,
    currency: string | undefined,
    symbol: string,
    price: Decimal | undefined,
  ): BookedFee | undefined {
    const total = parseDecimal(fee)
    if (!total || this.#hasFills) return undefined
    const change = subtract(total, this.#reported?.fee ?? zero)
    if (isZero(change)) return undefined
    const booked = this.#book(change, this.#reported?.currency ?? currency, symbol, price)
    this.#reported = { currency: booked.currency, fee: total }
    this.#reportedQuote = add(this.#reportedQuote, booked.inQuote ?? zero)
    return booked
  }

  /** Takes a reported sum back when the first fill brings its own fee; returns what was taken back. */
  dropReported(fee: unknown): BookedFee | undefined {
    const reported = this.#reported
    if (!reported || parseDecimal(fee) === undefined) return undefined
    this.#reported = undefined
    this.#byCurrency.delete(reported.currency)
    this.#quote = subtract(this.#quote, this.#reportedQuote)
    this.#foreign = false
    return { currency: reported.currency, fee: negate(reported.fee) }
  }

  #book(
    amount: Decimal,
    currency: string | undefined,
    symbol: string,
    price: Decimal | undefined,
  ): BookedFee & { readonly inQuote: Decimal | undefined } {
    const { base, quote } = currenciesOf(symbol)
    const booked = currency ?? quote ?? 'quote'
    this.#byCurrency.set(booked, add(this.#byCurrency.get(booked) ?? zero, amount))
    const inQuote = inQuoteMoney(amount, booked, { base, quote, symbol, price })
    if (inQuote) this.#quote = add(this.#quote, inQuote)
    else this.#foreign = true
    return { currency: booked, fee: amount, inQuote }
  }

  /** Adds all fees of another set. */
  addAll(other: Fees): void {
    for (const [currency, fee] of other.#byCurrency) {
      this.#byCurrency.set(currency, add(this.#byCurrency.get(currency) ?? zero, fee))
    }
    this.#quote = add(this.#quote, other.#quote)
    this.#foreign ||= other.#foreign
  }
}

function inQuoteMoney(
  fee: Decimal,
  currency: string,
  market: {
    readonly base: string | undefined
    readonly quote: string | undefined
    readonly symbol: string
    readonly price: Decimal | undefined
  },
): Decimal | undefined {
  const { base, quote, symbol, price } = market
  const isQuote = currency === quote || currency === 'quote'
  // A symbol in the venue's own spelling, BTCUSDT, ends with its quote currency.
  if (isQuote || (quote === undefined && symbol.endsWith(currency))) return fee
  const isBase = currency === base || (base === undefined && symbol.startsWith(currency))
  return isBase && price ? multiply(fee, price) : undefined
}
