import { format, toNumber } from '../../../base/decimal.ts'
import type { Side } from '../../../semconv/words.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { AnyAttributes, Core, Scope } from '../core.ts'
import { Exposure } from './exposure.ts'
import type { Gauges } from '../gauges.ts'

/** Tells the exposure of a flow, from the moment that it is to be hedged. Without a hedge an open entry is meant to be. */
export class ExposureTeller {
  readonly exposure = new Exposure()
  readonly #core: Core
  readonly #gauges: Gauges
  readonly #scope: Scope
  readonly #labels: AnyAttributes
  #isHedged = false
  #toldMoneySeconds = 0

  /** @param labels symbol and strategy */
  constructor(core: Core, gauges: Gauges, scope: Scope, labels: AnyAttributes) {
    this.#core = core
    this.#gauges = gauges
    this.#scope = scope
    this.#labels = labels
  }

  /** From here on fills count as uncovered until they are hedged. */
  hedging(side: Side): void {
    if (this.#isHedged) return
    this.#isHedged = true
    if (!this.exposure.isFlat) this.tell(side)
  }

  /** Tells it after a fill or cover. */
  tell(side: Side): void {
    if (!this.#isHedged) return
    this.tick()
    const { exposure } = this
    const net = exposure.net(side)
    const quote = exposure.uncoveredQuote
    const uncovered = toNumber(exposure.uncovered)
    this.#gauges.set('trading.exposure.uncovered', this, uncovered, this.#labels)
    this.#gauges.set('trading.exposure.covered', this, toNumber(exposure.covered), this.#labels)
    this.#gauges.set('trading.exposure.net', this, toNumber(net), this.#labels)
    this.#gauges.set('trading.exposure.uncovered_quote', this, quote, this.#labels)
    this.#core.emit(
      this.#scope,
      'trading.exposure.changed',
      {
        'trading.exposure.uncovered': format(exposure.uncovered),
        'trading.exposure.uncovered_num': uncovered,
        'trading.exposure.covered': format(exposure.covered),
        'trading.exposure.net': format(net),
        'trading.exposure.uncovered_quote': String(quote),
      },
      { message: `uncovered: ${format(exposure.uncovered)}` },
    )
  }

  /** Sums the money-seconds up to now. */
  tick(): void {
    if (!this.#isHedged) return
    this.exposure.advance(this.#core.nowMs())
    const added = this.exposure.moneySeconds - this.#toldMoneySeconds
    if (added <= 0) return
    this.#toldMoneySeconds = this.exposure.moneySeconds
    this.#core.measure(this.#scope, 'trading.exposure.money_seconds', added)
  }

  /** Takes it out of the gauges: the position is closed, or nothing is open. */
  release(): void {
    this.#gauges.drop(this)
  }

  /** What the root span carries at its end. */
  report(): TradingAttributes {
    if (!this.#isHedged) return {}
    return {
      'trading.exposure.uncovered': format(this.exposure.uncovered),
      'trading.exposure.covered': format(this.exposure.covered),
      'trading.exposure.money_seconds': this.exposure.moneySeconds,
    }
  }
}
