import { heat, spanHeat } from './heat.ts'
import { figure, lines, traces } from './panels.ts'
import { gauge, legend, narrowing, quantile, rate, total } from './promql.ts'
import type { Board } from './board.ts'

/** Hedges and what stays uncovered meanwhile. */
export const hedging: Board = {
  name: 'hedging',
  title: 'Hedging and exposure',
  description: 'What is filled and not covered, for how long, and what became of it.',
  rows: {
    Now: [
      figure({
        title: 'Uncovered exposure',
        description: 'Quote money filled and not covered.',
        unit: 'short',
        width: 6,
        limits: [50, 100],
        query: { expression: gauge('sum', 'trading.exposure.uncovered_quote') },
      }),
      figure({
        title: 'Hedges given up',
        whole: true,
        description: 'In the shown range.',
        unit: 'short',
        width: 6,
        limits: [1, 3],
        query: { expression: total('trading.hedge.failures') },
      }),
      figure({
        title: 'Unwinds',
        whole: true,
        description: 'In the shown range.',
        unit: 'short',
        width: 6,
        limits: [1, 5],
        query: { expression: total('trading.unwind.count') },
      }),
      figure({
        title: 'Unwinds that failed',
        whole: true,
        description: 'In the shown range.',
        unit: 'short',
        width: 6,
        limits: [1, 1],
        query: { expression: total('trading.unwind.failures') },
      }),
    ],
    Exposure: [
      lines({
        title: 'Uncovered, covered, net',
        description: 'Base money.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: gauge('sum', 'trading.exposure.uncovered', ['trading.symbol']),
            legend: `${legend('trading.symbol')} uncovered`,
          },
          {
            expression: gauge('sum', 'trading.exposure.covered', ['trading.symbol']),
            legend: `${legend('trading.symbol')} covered`,
          },
          {
            expression: gauge('sum', 'trading.exposure.net', ['trading.symbol']),
            legend: `${legend('trading.symbol')} net`,
          },
        ],
      }),
      lines({
        title: 'Money-seconds',
        description: 'Uncovered quote money times the time it stood open, per second.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: rate('trading.exposure.money_seconds', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
      heat({
        title: 'Exposure window',
        description: 'Earliest unhedged fill until the fill that covers it.',
        metric: 'trading.exposure.window.duration',
        labels: narrowing('trading.exposure.window.duration'),
        unit: 's',
      }),
      spanHeat({
        title: 'Hedges by duration',
        description: 'First fill until covered or given up. Click an exemplar to open its trace.',
        span: 'hedge',
        labels: ['trading.strategy'],
      }),
    ],
    Hedges: [
      lines({
        title: 'Hedge latency',
        description: 'First fill that had to be covered until the hedge filled.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.5, 'trading.hedge.duration', ['trading.venue']),
            legend: `${legend('trading.venue')} p50`,
          },
          {
            expression: quantile(0.99, 'trading.hedge.duration', ['trading.venue']),
            legend: `${legend('trading.venue')} p99`,
          },
          {
            expression: gauge('max', 'trading.hedge.duration_max', ['trading.venue']),
            legend: `${legend('trading.venue')} longest`,
          },
        ],
      }),
      lines({
        title: 'Hedges and attempts',
        description: 'Attempts above hedges are retries.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.hedge.count', ['trading.venue']),
            legend: `${legend('trading.venue')} hedges`,
          },
          {
            expression: rate('trading.hedge.attempts', ['trading.venue']),
            legend: `${legend('trading.venue')} attempts`,
          },
          {
            expression: rate('trading.hedge.delayed', ['trading.venue']),
            legend: `${legend('trading.venue')} delayed`,
          },
        ],
      }),
      lines({
        title: 'Failures by reason',
        description: 'Hedges given up.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.hedge.failures', ['trading.venue', 'trading.hedge.reason']),
            legend: legend('trading.venue', 'trading.hedge.reason'),
          },
        ],
      }),
      lines({
        title: 'Unwinds',
        description: 'Started and failed.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.unwind.count', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
          {
            expression: rate('trading.unwind.failures', [
              'trading.symbol',
              'trading.unwind.reason',
            ]),
            legend: `${legend('trading.symbol')} failed: ${legend('trading.unwind.reason')}`,
          },
        ],
      }),
      lines({
        title: 'Unwind duration',
        description: 'Hedge given up until flat, 99th percentile.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.unwind.duration', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
      lines({
        title: 'Price guard',
        description: 'Times the price left the guarded range.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.price_guard.count', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
    ],
    'Failed hedges': [
      traces({
        title: 'Flows with a failed hedge',
        description: 'Open one to read why.',
        query:
          '{ name = "hedge" && resource.trading.bot.id =~ "$bot" && status = error } | select(span.trading.venue, span.trading.hedge.reason)',
      }),
    ],
  },
}
