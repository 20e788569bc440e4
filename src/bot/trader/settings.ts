/**
 * How the bot trades. Times count candles and distances are parts of the price, so that one set of numbers
 * fits a market of half-second candles and one of ten minutes.
 */
import { detectorDefaults, type DetectorSettings } from '../strategy/detector.ts'
import { riskDefaults, type RiskLimits } from '../strategy/risk.ts'

/** The numbers behind the trades. */
export interface BotSettings {
  readonly detector: DetectorSettings
  readonly risk: RiskLimits
  readonly leverage: number
  /** Part of the equity that a stopped trade loses. */
  readonly riskShare: number
  /** Largest notional of one trade, as a multiple of the equity. */
  readonly notionalMax: number
  /** Part of the displayed size that one trade may be. */
  readonly depthMax: number
  /** A maker order that is not filled by then expires at the venue. */
  readonly makerLifeCandles: number
  /** Times a maker order follows the best price. */
  readonly amendsMax: number
  /** Edge below which the price guard pauses a maker order, in basis points. */
  readonly guardBps: number
  /** Longest pause of the price guard. */
  readonly guardPauseCandles: number
  /** Attempts to hedge before the filled leg is unwound. */
  readonly hedgeAttemptsMax: number
  /** Worst price of a hedge, beyond the best, in basis points. */
  readonly hedgeSlipBps: number
  /** Result of the pair, all fees counted, at which it is closed, in basis points of its notional. */
  readonly takeProfitBps: number
  readonly stopLossBps: number
  /** Fees of closing both legs, in basis points of the notional. */
  readonly exitFeesBps: number
  /** A pair is not held longer than this. */
  readonly holdCandles: number
  /** Hedges that fail within `failureCandles` before the bot only reduces; twice as many halt it. */
  readonly failuresMax: number
  readonly failureCandles: number
  /** A call that takes longer is told. */
  readonly latencyLimitMs: number
  /** Memory above this is told. */
  readonly memoryLimitBytes: number
}

/** What the reference bot trades with. */
export const botDefaults: BotSettings = {
  detector: detectorDefaults,
  risk: riskDefaults,
  leverage: 10,
  riskShare: 0.0002,
  notionalMax: 0.3,
  depthMax: 0.2,
  makerLifeCandles: 5,
  amendsMax: 2,
  guardBps: -0.5,
  guardPauseCandles: 4,
  hedgeAttemptsMax: 3,
  hedgeSlipBps: 5,
  takeProfitBps: 2,
  stopLossBps: 10,
  exitFeesBps: 1,
  holdCandles: 20,
  failuresMax: 2,
  failureCandles: 24,
  latencyLimitMs: 100,
  memoryLimitBytes: 512 * 1024 * 1024,
}
