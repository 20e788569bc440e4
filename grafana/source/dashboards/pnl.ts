import { figure, lines, list } from './panels.ts'
import { gauge, legend, mean, quantile, rate, total } from './promql.ts'
import type { Board } from './board.ts'

/** Results, positions, costs. */
export const pnl: Board = {
  name: 'pnl',
  title: 'PnL and positions',
  description: 'Realized and unrealized results, what the trades cost, and how near trouble is.',
  rows: {
    Results: [
      figure({
        title: 'Realized result',
        description: 'After fees and funding, since the start, by what it is counted in.',
        unit: 'short',
        width: 6,
        query: {
          expression: gauge('sum', 'trading.pnl.realized', ['trading.pnl.currency']),
          legend: legend('trading.pnl.currency'),
        },
      }),
      figure({
        title: 'Fees',
        description: 'Paid since the start; a rebate lowers it.',
        unit: 'short',
        width: 6,
        query: { expression: gauge('sum', 'trading.fees') },
      }),
      figure({
        title: 'Funding',
        description: 'Positive = got.',
        unit: 'short',
        width: 6,
        query: { expression: gauge('sum', 'trading.funding.payment') },
      }),
      figure({
        title: 'Open positions',
        whole: true,
        description: 'Open now.',
        unit: 'short',
        width: 6,
        query: { expression: gauge('sum', 'trading.position.open') },
      }),
      lines({
        title: 'Realized result by symbol',
        description: 'After fees and funding.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: gauge('sum', 'trading.pnl.realized', [
              'trading.symbol',
              'trading.strategy',
            ]),
            legend: legend('trading.symbol', 'trading.strategy'),
          },
        ],
      }),
      lines({
        title: 'Unrealized result by price source',
        description: 'Sources that part tell that one of them is stale.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: gauge('sum', 'trading.pnl.unrealized', [
              'trading.symbol',
              'trading.pnl.source',
            ]),
            legend: legend('trading.symbol', 'trading.pnl.source'),
          },
          {
            expression: gauge('max', 'trading.pnl.difference', ['trading.symbol']),
            legend: `${legend('trading.symbol')} difference`,
          },
        ],
      }),
      lines({
        title: 'Drawdown',
        description: 'Fall of the realized result from its best.',
        unit: 'short',
        queries: [
          {
            expression: gauge('max', 'trading.pnl.drawdown', [
              'trading.strategy',
              'trading.pnl.currency',
            ]),
            legend: legend('trading.strategy', 'trading.pnl.currency'),
          },
        ],
      }),
      lines({
        title: 'MAE and MFE',
        description: 'Worst and best unrealized result of the last closed position.',
        unit: 'short',
        queries: [
          {
            expression: gauge('min', 'trading.pnl.mae', ['trading.symbol']),
            legend: `${legend('trading.symbol')} MAE`,
          },
          {
            expression: gauge('max', 'trading.pnl.mfe', ['trading.symbol']),
            legend: `${legend('trading.symbol')} MFE`,
          },
        ],
      }),
      lines({
        title: 'Distance to liquidation',
        description: '|mark − liquidation| / mark, the nearest.',
        unit: 'percentunit',
        queries: [
          {
            expression: gauge('min', 'trading.position.liquidation_distance', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
    ],
    Costs: [
      lines({
        title: 'Slippage against the decision',
        description: 'Mean, bps; positive = worse.',
        unit: 'short',
        queries: [
          {
            expression: mean('trading.slippage.decision', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      lines({
        title: 'Slippage against the arrival',
        description: 'Mean, bps; positive = worse.',
        unit: 'short',
        queries: [
          {
            expression: mean('trading.slippage.arrival', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      lines({
        title: 'Markout',
        description: 'Mean, bps, by horizon; positive = good.',
        unit: 'short',
        queries: [
          {
            expression: mean('trading.markout', ['trading.markout.horizon_ms']),
            legend: `${legend('trading.markout.horizon_ms')} ms`,
          },
        ],
      }),
      lines({
        title: 'Implementation shortfall',
        description: 'Quote money since the start; positive = cost.',
        unit: 'short',
        queries: [
          {
            expression: gauge('sum', 'trading.shortfall.cost', [
              'trading.symbol',
              'trading.strategy',
            ]),
            legend: legend('trading.symbol', 'trading.strategy'),
          },
        ],
      }),
      lines({
        title: 'Fees by currency',
        description: 'Since the start.',
        unit: 'short',
        queries: [
          {
            expression: gauge('sum', 'trading.fees', [
              'trading.venue',
              'trading.fill.fee_currency',
            ]),
            legend: legend('trading.venue', 'trading.fill.fee_currency'),
          },
        ],
      }),
      lines({
        title: 'Funding',
        description: 'Since the start; positive = got.',
        unit: 'short',
        queries: [
          {
            expression: gauge('sum', 'trading.funding.payment', [
              'trading.venue',
              'trading.symbol',
            ]),
            legend: legend('trading.venue', 'trading.symbol'),
          },
        ],
      }),
    ],
    Positions: [
      list({
        title: 'Open quantity',
        description: 'Base money.',
        unit: 'short',
        query: {
          expression: gauge('sum', 'trading.position.quantity', [
            'trading.symbol',
            'trading.strategy',
            'trading.position.side',
          ]),
        },
      }),
      lines({
        title: 'Closed by reason',
        description: 'Stop-loss, take-profit, signal …',
        unit: 'cps',
        width: 12,
        queries: [
          {
            expression: rate('trading.position.count', ['trading.position.exit.reason']),
            legend: legend('trading.position.exit.reason'),
          },
        ],
      }),
      lines({
        title: 'Holding time',
        description: 'Median.',
        unit: 's',
        width: 12,
        queries: [
          {
            expression: quantile(0.5, 'trading.position.holding.duration', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
      lines({
        title: 'Liquidations and warnings',
        description: 'Closed by the venue, and positions that came near it.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: total('trading.liquidations', ['trading.order.origin']),
            legend: legend('trading.order.origin'),
          },
          {
            expression: total('trading.liquidation.warnings', ['trading.symbol']),
            legend: `${legend('trading.symbol')} warnings`,
          },
        ],
      }),
    ],
  },
}
