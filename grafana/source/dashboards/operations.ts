import { label } from '../names.ts'
import { counts, figure, lines, list, records } from './panels.ts'
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
        description: 'After fees and funding, since the start.',
        unit: 'short',
        width: 6,
        query: { expression: gauge('sum', 'trading.pnl.realized') },
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
            expression: gauge('max', 'trading.pnl.drawdown', ['trading.strategy']),
            legend: legend('trading.strategy'),
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

/** The process, the telemetry itself, the Collector, the machine. */
export const health: Board = {
  name: 'health',
  title: 'Health',
  description: 'The bot’s process, its spool, the Collector’s queues, the machine.',
  rows: {
    Bot: [
      lines({
        title: 'Heartbeat',
        description: 'Beats per second; a gap is a silent bot.',
        unit: 'cps',
        queries: [
          {
            expression: `sum by (${label('trading.bot.id')}) (rate(trading_heartbeat_total{${label('trading.bot.id')}=~"$bot"}[$__rate_interval]))`,
            legend: `{{${label('trading.bot.id')}}}`,
          },
        ],
      }),
      lines({
        title: 'Event-loop delay',
        description: '99th percentile.',
        unit: 's',
        queries: [{ expression: gauge('max', 'trading.process.event_loop.delay'), legend: 'p99' }],
      }),
      lines({
        title: 'Process memory',
        description: 'Resident and heap.',
        unit: 'bytes',
        queries: [
          { expression: gauge('sum', 'trading.process.memory'), legend: 'resident' },
          { expression: gauge('sum', 'trading.process.heap'), legend: 'heap' },
        ],
      }),
      lines({
        title: 'CPU',
        description: 'Cores used.',
        unit: 'short',
        queries: [{ expression: rate('trading.process.cpu'), legend: 'cores' }],
      }),
      lines({
        title: 'Warnings',
        description: 'Slow operations, memory, degraded strategies.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.latency.warnings', ['trading.latency.operation']),
            legend: `slow: ${legend('trading.latency.operation')}`,
          },
          { expression: rate('trading.memory.warnings'), legend: 'memory' },
          {
            expression: rate('trading.degradations', [
              'trading.degraded.from',
              'trading.degraded.to',
            ]),
            legend: `${legend('trading.degraded.from')} → ${legend('trading.degraded.to')}`,
          },
        ],
      }),
      lines({
        title: 'Trading state',
        description: '1 for the state that holds.',
        unit: 'short',
        queries: [
          {
            expression: gauge('max', 'trading.state', ['trading.state']),
            legend: legend('trading.state'),
          },
        ],
      }),
    ],
    Telemetry: [
      lines({
        title: 'Accepted by class',
        description: 'Records that the spool took.',
        unit: 'cps',
        queries: [
          {
            expression: rate('fillpath.spool.records', ['fillpath.record.class']),
            legend: legend('fillpath.record.class'),
          },
        ],
      }),
      lines({
        title: 'Dropped',
        description: 'By class and reason. Anything here is a hole.',
        unit: 'short',
        queries: [
          {
            expression: total('fillpath.spool.dropped', [
              'fillpath.drop.class',
              'fillpath.drop.reason',
            ]),
            legend: legend('fillpath.drop.class', 'fillpath.drop.reason'),
          },
        ],
      }),
      lines({
        title: 'Waiting',
        description: 'Records accepted and not yet delivered.',
        unit: 'short',
        queries: [{ expression: gauge('sum', 'fillpath.spool.depth'), legend: 'records' }],
      }),
      lines({
        title: 'Oldest record',
        description: 'Age of the oldest that is not delivered.',
        unit: 's',
        queries: [{ expression: gauge('max', 'fillpath.spool.oldest'), legend: 'oldest' }],
      }),
      lines({
        title: 'Spool on disk',
        description: 'Bytes.',
        unit: 'bytes',
        queries: [{ expression: gauge('sum', 'fillpath.spool.bytes'), legend: 'bytes' }],
      }),
      lines({
        title: 'fdatasync',
        description: 'Duration of the last one.',
        unit: 's',
        queries: [{ expression: gauge('max', 'fillpath.spool.sync'), legend: 'sync' }],
      }),
      lines({
        title: 'Destinations',
        description: '1 while a destination takes requests.',
        unit: 'short',
        queries: [
          {
            expression: gauge('min', 'fillpath.ship.up', ['fillpath.destination']),
            legend: legend('fillpath.destination'),
          },
        ],
      }),
      lines({
        title: 'Delivered',
        description: 'By signal.',
        unit: 'cps',
        queries: [
          {
            expression: rate('fillpath.ship.delivered', ['fillpath.signal']),
            legend: legend('fillpath.signal'),
          },
        ],
      }),
      lines({
        title: 'Failures and quarantine',
        description: 'Requests sent again, and records refused for good.',
        unit: 'cps',
        queries: [
          {
            expression: rate('fillpath.ship.failures', ['error.type']),
            legend: legend('error.type'),
          },
          {
            expression: rate('fillpath.ship.quarantined', ['fillpath.destination']),
            legend: 'quarantined',
          },
        ],
      }),
    ],
    Collector: [
      lines({
        title: 'Queues',
        description: 'Filled part of each exporter’s queue on disk.',
        unit: 'percentunit',
        width: 12,
        queries: [
          {
            expression:
              'max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)',
            legend: '{{exporter}}',
          },
        ],
      }),
      lines({
        title: 'Collector memory',
        description: 'Resident.',
        unit: 'bytes',
        width: 12,
        queries: [{ expression: 'sum(otelcol_process_memory_rss)', legend: 'resident' }],
      }),
    ],
    Machine: [
      lines({
        title: 'CPU used',
        description: 'By state.',
        unit: 'percentunit',
        queries: [
          {
            expression: 'avg by (state) (system_cpu_utilization_ratio{state!="idle"})',
            legend: '{{state}}',
          },
        ],
      }),
      lines({
        title: 'Memory used',
        description: 'By state.',
        unit: 'percentunit',
        queries: [
          { expression: 'sum by (state) (system_memory_utilization_ratio)', legend: '{{state}}' },
        ],
      }),
      lines({
        title: 'File systems',
        description: 'Used part.',
        unit: 'percentunit',
        queries: [
          {
            expression:
              'max by (mountpoint) (system_filesystem_utilization_ratio{type!~"tmpfs|overlay|squashfs|iso9660"})',
            legend: '{{mountpoint}}',
          },
        ],
      }),
    ],
  },
}

const bot = `{${label('trading.bot.id')}=~"$bot"}`

/** Log lines, by level, event and task. */
export const logLines: Board = {
  name: 'logs',
  title: 'Logs',
  description: 'Lines by level, event and task; each leads to its trace.',
  rows: {
    Lines: [
      counts({
        title: 'By level',
        description: 'Lines per interval.',
        query: `sum by (detected_level) (count_over_time(${bot}[$__auto]))`,
        legend: '{{detected_level}}',
      }),
      counts({
        title: 'By event',
        description: 'Events per interval.',
        query: `sum by (event_name) (count_over_time(${bot} | event_name != "" [$__auto]))`,
        legend: '{{event_name}}',
      }),
      counts({
        title: 'By task',
        description: 'Lines of each task.',
        query: `sum by (${label('trading.task.id')}) (count_over_time(${bot} | ${label('trading.task.id')} != "" [$__auto]))`,
        legend: `{{${label('trading.task.id')}}}`,
      }),
      counts({
        title: 'Errors by type',
        description: 'Errors per interval.',
        query: `sum by (${label('exception.type')}) (count_over_time(${bot} | severity_number >= 17 [$__auto]))`,
        legend: `{{${label('exception.type')}}}`,
      }),
    ],
    Errors: [
      records({
        title: 'Errors with stack',
        description: 'The stack stands in the details of a line.',
        query: `${bot} | severity_number >= 17`,
      }),
    ],
    All: [
      records({
        title: 'All lines',
        description: 'Narrow with the field *search*; click trace_id to open the trace.',
        query: `${bot} |~ "(?i)$search"`,
      }),
    ],
  },
}
