/** From public trades to signals, with every step told: candle, ATR, velocity, pattern, filter, pause. */
import type { Detector } from '../../index.ts'
import { CandleBuilder, type Candle } from '../strategy/candle.ts'
import { SignalDetector, type Decision, type Surroundings } from '../strategy/detector.ts'
import type { DetectorSettings } from '../strategy/detector.ts'
import type { Trade } from '../venue/exchange.ts'

/** What a source of signals is made of. */
export interface SignalSourceOptions {
  readonly detector: Detector
  readonly settings: DetectorSettings
  readonly candleMs: number
  readonly around: () => Omit<Surroundings, 'candleMs'>
  /** A decision for a signal. */
  readonly onSignal: (decision: Decision, trade: Trade) => void
  readonly onFiltered: () => void
}

/** Words of the convention for what stopped a signal. */
const reasons = {
  atr_too_low: 'atr_too_low',
  velocity_below_threshold: 'velocity_below_threshold',
  pattern_missing: 'pattern_missing',
  spread_too_wide: 'spread_too_wide',
  edge_too_small: 'spread',
} as const

/** What stops it for a while. That a candle is too slow, or has no form, changes with each candle: no condition. */
const standing = ['warming_up', 'atr_too_low', 'spread_too_wide', 'edge_too_small'] as const

/** Builds candles, asks the detector, tells what it says. */
export class SignalSource {
  readonly #options: SignalSourceOptions
  readonly #candles: CandleBuilder
  readonly #machine: SignalDetector

  constructor(options: SignalSourceOptions) {
    this.#options = options
    this.#candles = new CandleBuilder(options.candleMs)
    this.#machine = new SignalDetector(options.settings)
  }

  take(trade: Trade): void {
    const { around, candleMs } = this.#options
    const tick = {
      timeMs: trade.timestamp,
      price: Number(trade.price),
      quantity: Number(trade.amount),
    }
    for (const candle of this.#candles.add(tick)) {
      this.#decided(this.#machine.add(candle, { ...around(), candleMs }), trade)
    }
  }

  #decided(decision: Decision, trade: Trade): void {
    const { detector, candleMs, settings } = this.#options
    const { candle, atr, velocity, pattern, outcome } = decision
    this.#conditions(outcome)
    detector.kline({ candle: plain(candle), intervalMs: candleMs, change: 'closed' })
    if (atr) {
      const { value, threshold, passed, state } = atr
      detector.atr({ value, threshold, passed, period: settings.atrPeriod, state })
    }
    if (velocity) {
      const { value, threshold, passed, from, to } = velocity
      const candles = settings.velocityCandles
      detector.velocity({ value, threshold, passed, state: { from, to, candles } })
    }
    if (pattern) {
      detector.pattern({
        name: pattern.name,
        matched: pattern.direction !== 0,
        candle: plain(candle),
      })
    }
    if (outcome.kind === 'signal') this.#options.onSignal(decision, trade)
    else this.#stopped(outcome)
  }

  /** What keeps it from a signal, as long as it does. */
  #conditions(outcome: Decision['outcome']): void {
    const { detector } = this.#options
    const reason = outcome.kind === 'none' ? outcome.reason : undefined
    const numbers =
      outcome.kind === 'none' ? { value: outcome.value, threshold: outcome.threshold } : undefined
    for (const name of standing) {
      const holds = name === reason
      detector.condition(name, holds, holds ? numbers : undefined)
    }
  }

  /** A signal that nearly was: only what passed the first two questions is worth a word. */
  #stopped(outcome: Decision['outcome'] & { kind: 'none' }): void {
    const { detector, onFiltered } = this.#options
    const { reason, value, threshold, remainingMs } = outcome
    if (reason === 'warming_up' || reason === 'atr_too_low') return
    if (reason === 'velocity_below_threshold') return
    if (reason === 'cooldown') {
      detector.cooldown({ remainingMs: remainingMs ?? 0 })
      return
    }
    onFiltered()
    detector.filtered({ filter: reason, reason: reasons[reason], value, threshold })
  }
}

function plain({ open, high, low, close, volume, trades, startMs }: Candle): object {
  return { start: new Date(startMs).toISOString(), open, high, low, close, volume, trades }
}
