/**
 * What the bot may do (nautilus_trader's TradingState): everything; only reduce, after hedges failed in a row;
 * nothing, after more of that or an unwind that failed. It recovers by itself when it was quiet for a while,
 * but not from a failed unwind: that is for a person.
 */
import { raiseAlert, type Flows } from '../../index.ts'
import type { TradingState } from '../strategy/risk.ts'
import type { Timeline } from '../timeline.ts'

/** What the keeper of the state works with. */
export interface TradingStateOptions {
  readonly flows: Flows
  readonly timeline: Timeline
  readonly failuresMax: number
  /** Failures older than this are forgotten. */
  readonly forgetMs: number
}

/** Keeps the state and tells when it changes. */
export class TradingStateKeeper {
  readonly #options: TradingStateOptions
  #state: TradingState = 'active'
  #failuresMs: number[] = []
  #isForGood = false

  constructor(options: TradingStateOptions) {
    this.#options = options
  }

  get state(): TradingState {
    return this.#state
  }

  /** A hedge was given up. */
  hedgeFailed(): void {
    const { timeline, forgetMs } = this.#options
    this.#failuresMs.push(timeline.elapsedMs)
    timeline.after(forgetMs, () => this.#review())
    this.#review()
  }

  /** A filled leg could not be closed. */
  unwindFailed(): void {
    this.#isForGood = true
    this.#change('halted', 'an unwind failed')
  }

  /** No new positions from here on. */
  reduceForShutdown(): void {
    this.#isForGood = true
    if (this.#state === 'active') this.#change('reducing', 'shutdown')
  }

  #review(): void {
    if (this.#isForGood) return
    const { timeline, forgetMs, failuresMax } = this.#options
    this.#failuresMs = this.#failuresMs.filter((atMs) => timeline.elapsedMs - atMs < forgetMs)
    const failures = this.#failuresMs.length
    if (failures >= failuresMax * 2) this.#change('halted', `${failures} hedges failed`)
    else if (failures >= failuresMax) this.#change('reducing', `${failures} hedges failed`)
    else this.#change('active', 'quiet again')
  }

  #change(state: TradingState, text: string): void {
    if (state === this.#state) return
    this.#state = state
    const reason = text.includes('hedge') ? { reason: 'hedge_unavailable' as const } : {}
    this.#options.flows.tradingState(state, { ...reason, text })
    if (state === 'active' || text === 'shutdown') return
    raiseAlert({
      level: state === 'halted' ? 'critical' : 'warning',
      type: `trading_${state}`,
      title: state === 'halted' ? 'The bot trades no more' : 'The bot only reduces',
      text,
      data: { failures: this.#failuresMs.length, for_good: this.#isForGood },
    })
  }
}
