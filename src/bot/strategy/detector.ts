/**
 * The detector: is there a signal at the end of this candle, and if not, why not?
 *
 * Three questions in a row, each answered with its numbers: does the market move enough (ATR), does it move
 * fast enough (velocity), does the last candle say that it means it (pattern). Then filters: the spread,
 * what the pair would win, the pause after the last signal. It is a pure machine: candles in, explained decisions out; whoever runs it
 * tells the world.
 *
 * The side is against the move. The first venue moves first and the second follows: after a fast rise the
 * first is dear, so it is sold there and bought on the second.
 */
import type { Side } from '../market/event.ts'
import { Atr, type AtrState } from './atr.ts'
import type { Candle } from './candle.ts'
import { patternOf, type Pattern } from './pattern.ts'

/** The thresholds. Lengths count candles; sizes are in units of the ATR, so that they fit any market. */
export interface DetectorSettings {
  /** @default 10 */
  readonly atrPeriod: number
  /** The ATR must be at least this part of its own slow mean. @default 0.6 */
  readonly atrMin: number
  /** Candles over which the velocity is taken. @default 3 */
  readonly velocityCandles: number
  /** Distance covered in that time, in ATRs. @default 0.5 */
  readonly velocityMin: number
  /** Widest spread, in ATRs. @default 1 */
  readonly spreadMax: number
  /** Least that a pair opened now would win before fees, in basis points. @default 0 */
  readonly edgeMinBps: number
  /** Pause after a signal, in candles. @default 2 */
  readonly cooldownCandles: number
}

/** The values that `@default` above names. */
export const detectorDefaults: DetectorSettings = {
  atrPeriod: 10,
  atrMin: 0.6,
  velocityCandles: 3,
  velocityMin: 0.5,
  spreadMax: 1,
  edgeMinBps: 0,
  cooldownCandles: 2,
}

/** A question, its answer and what it was measured against. */
export interface Check {
  readonly value: number
  readonly threshold: number
  readonly passed: boolean
}

/** Why a signal arose. */
export type SignalReason = 'breakout' | 'breakdown' | 'reversal'

/** Why none did. */
export type NoSignalReason =
  | 'warming_up'
  | 'atr_too_low'
  | 'velocity_below_threshold'
  | 'pattern_missing'
  | 'spread_too_wide'
  | 'edge_too_small'
  | 'cooldown'

/** The decision at the end of a candle, with all that led to it. A question not asked is undefined. */
export interface Decision {
  readonly candle: Candle
  readonly atr: (Check & { readonly state: AtrState }) | undefined
  /** Price change over the window as a ratio, signed. */
  readonly velocity: (Check & { readonly from: number; readonly to: number }) | undefined
  readonly pattern: Pattern | undefined
  readonly outcome:
    | {
        readonly kind: 'signal'
        readonly side: Side
        readonly reason: SignalReason
        /** 0 to 1: how far beyond its thresholds it is. */
        readonly confidence: number
      }
    | {
        readonly kind: 'none'
        readonly reason: NoSignalReason
        readonly value?: number
        readonly threshold?: number
        /** Market time until the detector may signal again. */
        readonly remainingMs?: number
      }
}

/** What the detector is told beside the candle. */
export interface Surroundings {
  /** Best ask − best bid; undefined while there is no book. */
  readonly spread: number | undefined
  /** What a pair opened now on this side would win before fees, in basis points. */
  readonly edgeBps: (side: Side) => number | undefined
  readonly candleMs: number
}

/** One instrument's detector. Feed it closed candles in order. */
export class SignalDetector {
  readonly #settings: DetectorSettings
  readonly #atr: Atr
  readonly #candles: Candle[] = []
  #quietUntilMs = -Infinity

  constructor(settings: DetectorSettings = detectorDefaults) {
    this.#settings = settings
    this.#atr = new Atr(settings.atrPeriod)
  }

  /** Candles that the velocity and the pattern look at, oldest first. */
  get recent(): readonly Candle[] {
    return this.#candles
  }

  /** Takes a closed candle and decides. */
  add(candle: Candle, around: Surroundings): Decision {
    const settings = this.#settings
    this.#candles.push(candle)
    if (this.#candles.length > settings.velocityCandles + 1) this.#candles.shift()
    const state = this.#atr.add(candle)
    const none = { candle, atr: undefined, velocity: undefined, pattern: undefined }
    if (!state || this.#candles.length <= settings.velocityCandles) {
      return { ...none, outcome: { kind: 'none', reason: 'warming_up' } }
    }
    const atr = { ...atLeast(state.value, state.baseline * settings.atrMin), state }
    if (!atr.passed) return { ...none, atr, outcome: refused('atr_too_low', atr) }
    const velocity = this.#velocity(state.value)
    if (!velocity.passed) {
      return { ...none, atr, velocity, outcome: refused('velocity_below_threshold', velocity) }
    }
    const [previous, last] = this.#candles.slice(-2) as [Candle, Candle]
    const pattern = patternOf(previous, last, state.value)
    const seen = { candle, atr, velocity, pattern }
    if (pattern.direction === 0) return { ...seen, outcome: refused('pattern_missing') }
    return { ...seen, outcome: this.#filter(seen, pattern.direction, around) }
  }

  #velocity(atr: number): Check & { readonly from: number; readonly to: number } {
    const from = this.#candles[0]?.close ?? 0
    const to = this.#candles.at(-1)?.close ?? 0
    const value = to / from - 1
    const threshold = (this.#settings.velocityMin * atr) / from
    return { value, threshold, passed: Math.abs(value) >= threshold && value !== 0, from, to }
  }

  #filter(
    seen: Pick<Decision, 'candle' | 'atr' | 'velocity'>,
    direction: 1 | -1,
    { spread, edgeBps, candleMs }: Surroundings,
  ): Decision['outcome'] {
    const { candle, atr, velocity } = seen
    const { spreadMax, edgeMinBps, cooldownCandles } = this.#settings
    const threshold = (atr?.value ?? 0) * spreadMax
    if (spread === undefined || spread > threshold) {
      return { kind: 'none', reason: 'spread_too_wide', value: spread ?? Infinity, threshold }
    }
    const moved = velocity?.value ?? 0
    const isUp = moved > 0
    const side: Side = isUp ? 'sell' : 'buy'
    const edge = edgeBps(side)
    if (edge === undefined || edge < edgeMinBps) {
      return { kind: 'none', reason: 'edge_too_small', value: edge ?? 0, threshold: edgeMinBps }
    }
    const endMs = candle.startMs + candleMs
    if (endMs < this.#quietUntilMs) {
      return { kind: 'none', reason: 'cooldown', remainingMs: this.#quietUntilMs - endMs }
    }
    this.#quietUntilMs = endMs + cooldownCandles * candleMs
    const isReversal = moved * direction < 0
    const beyond = Math.abs(moved) / (velocity?.threshold ?? 1)
    return {
      kind: 'signal',
      side,
      reason: isReversal ? 'reversal' : isUp ? 'breakout' : 'breakdown',
      confidence: Math.min(1, Math.round(beyond * 40) / 100),
    }
  }
}

function atLeast(value: number, threshold: number): Check {
  return { value, threshold, passed: value >= threshold && value > 0 }
}

function refused(reason: NoSignalReason, check?: Check): Decision['outcome'] {
  return check
    ? { kind: 'none', reason, value: check.value, threshold: check.threshold }
    : { kind: 'none', reason }
}
