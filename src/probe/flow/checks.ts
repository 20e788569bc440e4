import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import { guarded } from '../event/fault.ts'
import type { Checks } from './handles/signal.ts'

/** The checks of a detector as events. Where they go is up to the detector or the signal. */
export abstract class ChecksTeller implements Checks {
  protected abstract tell(name: EventName, attributes: TradingAttributes, message: string): void

  atr(check: Parameters<Checks['atr']>[0]): void {
    this.#tell('trading.atr.calculated', () => [
      {
        'trading.atr': check.value,
        'trading.indicator.period': check.period,
        'trading.indicator.threshold': check.threshold,
        'trading.indicator.passed': check.passed,
        'trading.indicator.state': check.state,
      },
      `atr ${check.value}${verdict(check.passed)}`,
    ])
  }

  velocity(check: Parameters<Checks['velocity']>[0]): void {
    this.#tell('trading.velocity.checked', () => [
      {
        'trading.velocity': check.value,
        'trading.indicator.threshold': check.threshold,
        'trading.indicator.passed': check.passed,
        'trading.indicator.state': check.state,
      },
      `velocity ${check.value}${verdict(check.passed)}`,
    ])
  }

  pattern(check: Parameters<Checks['pattern']>[0]): void {
    this.#tell('trading.pattern.checked', () => [
      {
        'trading.pattern': check.name,
        'trading.pattern_matched': check.matched,
        'trading.candle': check.candle,
      },
      `${check.name}: ${check.matched ? 'there' : 'not there'}`,
    ])
  }

  kline(change: Parameters<Checks['kline']>[0]): void {
    this.#tell('trading.kline.changed', () => [
      {
        'trading.candle': change.candle,
        'trading.candle_interval_ms': change.intervalMs,
        'trading.kline.change': change.change,
      },
      'candle changed',
    ])
  }

  filtered(filter: Parameters<Checks['filtered']>[0]): void {
    this.#tell('trading.signal.filtered', () => [
      {
        'trading.signal.filter': filter.filter,
        'trading.signal.reason': filter.reason,
        'trading.indicator.value': filter.value,
        'trading.indicator.threshold': filter.threshold,
      },
      `filtered: ${filter.filter ?? filter.reason ?? 'no reason given'}`,
    ])
  }

  cooldown(cooldown: Parameters<Checks['cooldown']>[0]): void {
    this.#tell('trading.signal.cooldown', () => [
      { 'trading.signal.cooldown_ms': cooldown.remainingMs },
      `cooldown, ${cooldown.remainingMs} ms left`,
    ])
  }

  #tell(
    name: EventName,
    report: () => readonly [attributes: TradingAttributes, message: string],
  ): void {
    guarded(name, () => this.tell(name, ...report()))
  }
}

function verdict(passed: boolean | undefined): string {
  if (passed === undefined) return ''
  return passed ? ', passed' : ', not passed'
}
