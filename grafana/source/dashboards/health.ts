import { disks } from '../alerts/machine.ts'
import { label } from '../names.ts'
import { alertRows } from './alerts.ts'
import { lines } from './panels.ts'
import { gauge, legend, rate, total } from './promql.ts'
import type { Board } from './board.ts'

/** The process, the telemetry itself, the Collector, the machine. */
export const health: Board = {
  name: 'health',
  title: 'Health',
  description:
    'Alerts, services, the bot’s process, its spool, the Collector’s queues, the machine.',
  rows: {
    ...alertRows,
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
        queries: [
          { expression: 'sum by (instance) (otelcol_process_memory_rss)', legend: '{{instance}}' },
        ],
      }),
    ],
    Machine: [
      lines({
        title: 'CPU used',
        description: 'By state.',
        unit: 'percentunit',
        queries: [
          {
            expression: 'avg by (instance, state) (system_cpu_utilization_ratio{state!="idle"})',
            legend: '{{instance}} {{state}}',
          },
        ],
      }),
      lines({
        title: 'Memory used',
        description: 'By state.',
        unit: 'percentunit',
        queries: [
          {
            expression: 'sum by (instance, state) (system_memory_utilization_ratio)',
            legend: '{{instance}} {{state}}',
          },
        ],
      }),
      lines({
        title: 'File systems',
        description: 'Used part.',
        unit: 'percentunit',
        queries: [
          {
            expression: `max by (instance, mountpoint) (system_filesystem_utilization_ratio{${disks}})`,
            legend: '{{instance}} {{mountpoint}}',
          },
        ],
      }),
    ],
  },
}
