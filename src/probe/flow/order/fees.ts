import {
  add,
  divide,
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

/** What a fee is worth in either money of its market; zero where nobody asks, or no price is known. */
interface Worth {
  readonly quote: Decimal
  readonly base: Decimal
}

/**
 * Fees by currency, exact. Those in quote money, and those in base money at the price of their fill, make up a total
 * in quote money, and one in base money for what is settled in it; others (BNB) stay apart, since their price is not
 * known here.
 */
export class Fees {
  #reported: BookedFee | undefined
  #hasFills = false
  readonly #byCurrency = new Map<string, Decimal>()
  #quote = zero
  #base = zero
  #foreign = false
  #reportedWorth: Worth = { quote: zero, base: zero }
  readonly #inverse: boolean

  /** @param inverse whether they are those of inverse contracts: only these are worth the division by the price */
  constructor(inverse = false) {
    this.#inverse = inverse
  }

  /** Total in quote money, without foreign currencies. */
  get quote(): Decimal {
    return this.#quote
  }

  /** Total in the money that a contract is settled in: base money for inverse ones. */
  settled(inverse: boolean): Decimal {
    return inverse ? this.#base : this.#quote
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
   * @param currency what the symbol is settled in, or its quote currency, when it is not said
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
    const { worth } = booked
    if (worth) {
      const before = this.#reportedWorth
      this.#reportedWorth = {
        quote: add(before.quote, worth.quote),
        base: add(before.base, worth.base),
      }
    }
    return booked
  }

  /** Takes a reported sum back when the first fill brings its own fee; returns what was taken back. */
  dropReported(fee: unknown): BookedFee | undefined {
    const reported = this.#reported
    if (!reported || parseDecimal(fee) === undefined) return undefined
    this.#reported = undefined
    this.#byCurrency.delete(reported.currency)
    this.#quote = subtract(this.#quote, this.#reportedWorth.quote)
    this.#base = subtract(this.#base, this.#reportedWorth.base)
    this.#foreign = false
    return { currency: reported.currency, fee: negate(reported.fee) }
  }

  #book(
    amount: Decimal,
    currency: string | undefined,
    symbol: string,
    price: Decimal | undefined,
  ): BookedFee & { readonly worth: Worth | undefined } {
    const { base, quote, settle } = currenciesOf(symbol)
    const booked = currency ?? settle ?? quote ?? 'quote'
    this.#byCurrency.set(booked, add(this.#byCurrency.get(booked) ?? zero, amount))
    const worth = worthOf(amount, booked, { base, quote, symbol, price, inverse: this.#inverse })
    if (worth) {
      this.#quote = add(this.#quote, worth.quote)
      this.#base = add(this.#base, worth.base)
    } else this.#foreign = true
    return { currency: booked, fee: amount, worth }
  }

  /** Adds all fees of another set. */
  addAll(other: Fees): void {
    for (const [currency, fee] of other.#byCurrency) {
      this.#byCurrency.set(currency, add(this.#byCurrency.get(currency) ?? zero, fee))
    }
    this.#quote = add(this.#quote, other.#quote)
    this.#base = add(this.#base, other.#base)
    this.#foreign ||= other.#foreign
  }
}

function worthOf(
  fee: Decimal,
  currency: string,
  market: {
    readonly base: string | undefined
    readonly quote: string | undefined
    readonly symbol: string
    readonly price: Decimal | undefined
    readonly inverse: boolean
  },
): Worth | undefined {
  const { base, quote, symbol, price, inverse } = market
  const isQuote = currency === quote || currency === 'quote'
  // A symbol in the venue's own spelling, BTCUSDT, ends with its quote currency.
  if (isQuote || (quote === undefined && symbol.endsWith(currency))) {
    return { quote: fee, base: (inverse && price && divide(fee, price)) || zero }
  }
  const isBase = currency === base || (base === undefined && symbol.startsWith(currency))
  return isBase && price ? { quote: multiply(fee, price), base: fee } : undefined
}
