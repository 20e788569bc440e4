import { shownDecimal } from '../../base/decimal.ts'
import { durationText } from '../time-text.ts'
import { findValue } from './attribute.ts'
import type { SpanNode } from '../../archive/flow/tree.ts'
import type { AttributeName } from '../../semconv/attributes.ts'

/** A measure of a flow or position: its name for people, its attribute, its unit. */
interface Measure {
  readonly name: string
  readonly attribute: AttributeName
  readonly unit: 'ms' | 'bps' | 'money' | 'ratio'
}

/** What a flow is judged by. Slippage and cost: positive is worse for us. */
const flowMeasures: readonly Measure[] = [
  { name: 'hedge latency', attribute: 'trading.hedge.latency_ms', unit: 'ms' },
  { name: 'exposure window', attribute: 'trading.exposure.window_ms', unit: 'ms' },
  { name: 'uncovered', attribute: 'trading.exposure.uncovered', unit: 'money' },
  { name: 'slippage against decision', attribute: 'trading.slippage.decision_bps', unit: 'bps' },
  { name: 'against arrival', attribute: 'trading.slippage.arrival_bps', unit: 'bps' },
  { name: 'shortfall', attribute: 'trading.shortfall', unit: 'money' },
  { name: 'fees', attribute: 'trading.fees', unit: 'money' },
]

/** What a position is judged by. */
const positionMeasures: readonly Measure[] = [
  { name: 'held', attribute: 'trading.position.holding_ms', unit: 'ms' },
  { name: 'PnL', attribute: 'trading.pnl.realized', unit: 'money' },
  { name: 'worst', attribute: 'trading.pnl.mae', unit: 'money' },
  { name: 'best', attribute: 'trading.pnl.mfe', unit: 'money' },
  { name: 'fees', attribute: 'trading.fees', unit: 'money' },
  { name: 'funding', attribute: 'trading.funding.total', unit: 'money' },
]

/** A measure that a tree has. */
export interface Measured {
  readonly name: string
  readonly attribute: AttributeName
  readonly value: string | number
  readonly text: string
}

/** The measures of the tree below `root`, in the order of the lists above. */
export function measuresOf(root: SpanNode): Measured[] {
  const measures = root.name === 'position' ? positionMeasures : flowMeasures
  return measures.flatMap(({ name, attribute, unit }) => {
    const value = findValue(root, attribute)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
      return []
    }
    const number = Number(value)
    // Nothing uncovered and no fees is what is expected, and no news.
    if (value === '' || !Number.isFinite(number) || (number === 0 && unit === 'money')) return []
    const plain = typeof value === 'bigint' ? number : value
    return [{ name, attribute, value: plain, text: measureText(number, plain, unit) }]
  })
}

function measureText(number: number, value: string | number, unit: Measure['unit']): string {
  switch (unit) {
    case 'ms':
      return durationText(number)
    case 'bps':
      return `${number.toFixed(2)} bps`
    case 'ratio':
      return `${(number * 100).toFixed(1)} %`
    case 'money':
      return shownDecimal(String(value))
  }
}
