import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

// The Collector gives measures of its machine the name of the machine as `service.instance.id`, so as `instance`.

/** Matches file systems that can fill: not those that cannot be written, nor those without a disk behind them. */
export const disks = 'mode="rw",type!~"(dev)?tmpfs|overlay|squashfs|iso9660|erofs|efivarfs|fuse.*"'
const dropped = (offset = ''): string =>
  `sum by (instance, exporter) ({__name__=~"otelcol_exporter_send_failed_.+"}${offset})`
const root =
  'system_filesystem_utilization_ratio{instance="h1",mountpoint="/",type="ext4",mode="rw"}'

/** The Collector, the disk, the memory. */
export const machineAlerts: readonly AlertRule[] = [
  {
    name: 'CollectorQueueFilling',
    severity: 'warning',
    metrics: [],
    expression: `max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity) > ${limits.queueRatio}`,
    for: '1m',
    summary:
      'Collector: the queue of {{ $labels.exporter }} is {{ $value | humanizePercentage }} full',
    meaning:
      'A server does not take what the Collector has for it. Full queues send 503 to the bots, whose spools then grow.',
    steps: ['`fillpath stack check` names the server that does not answer.'],
    dashboard: 'health',
    query: '{service_name=~".+"} | severity_number >= 13',
    test: {
      input: [
        {
          series: 'otelcol_exporter_queue_size{exporter="otlp_http/loki"}',
          values: '0x4 800x10 0x20',
        },
        { series: 'otelcol_exporter_queue_capacity{exporter="otlp_http/loki"}', values: '1000x40' },
      ],
      silent: ['1m', '5m'],
      fires: {
        at: '2m30s',
        labels: { exporter: 'otlp_http/loki' },
        summary: 'Collector: the queue of otlp_http/loki is 80% full',
      },
    },
  },
  {
    name: 'CollectorDown',
    severity: 'critical',
    metrics: [],
    expression: 'max by (instance) (up{job="otelcol"}) == 0',
    for: '1m',
    summary: 'the Collector {{ $labels.instance }} does not answer',
    meaning:
      'Nothing new reaches Grafana, and no other alert can tell of a bot. The bots keep their records in their spools.',
    steps: [
      '`docker compose ps otel-collector` and `docker compose logs --tail 20 otel-collector` show whether it runs, and why not.',
      'When it is back the bots send what waits, and what it took before is in its queues on disk.',
    ],
    dashboard: 'health',
    query: '{service_name=~".+"} | severity_number >= 13',
    test: {
      input: [{ series: 'up{job="otelcol",instance="c1"}', values: '1x4 0x10 1x20' }],
      silent: ['1m', '2m', '5m'],
      fires: {
        at: '2m30s',
        labels: { instance: 'c1' },
        summary: 'the Collector c1 does not answer',
      },
    },
  },
  {
    name: 'CollectorDropped',
    severity: 'warning',
    metrics: [],
    // The series is born with the first loss: no increase is seen, only its beginning.
    expression: `${dropped()} - (${dropped(' offset 10m')} or ${dropped()} * 0) > 0`,
    for: '0s',
    summary:
      'the Collector dropped {{ $value | printf "%.0f" }} records for {{ $labels.exporter }}, which refused them for good',
    meaning:
      'A server refused a request for good, and what was in it stands in the Collector’s files alone. A line too old for Loki counts its whole request, of which Loki kept the others; Prometheus takes a request whole or not at all.',
    steps: [
      '`docker compose logs otel-collector | grep Dropping` says what the server answered.',
      'Too old, or in the future: is the clock of a bot right? After an outage of more than 6 h Prometheus takes no older samples.',
      'The records are in the JSONL files of the Collector.',
    ],
    dashboard: 'health',
    query: '{service_name=~".+"} | event_name="fillpath.clock.jumped"',
    test: {
      input: [
        {
          series:
            'otelcol_exporter_send_failed_metric_points{instance="c1",exporter="otlp_http/prometheus"}',
          values: '_x48 16x80',
        },
        {
          series:
            'otelcol_exporter_send_failed_log_records{instance="c1",exporter="otlp_http/loki"}',
          values: '5x90',
        },
      ],
      silent: ['11m', '23m'],
      fires: {
        at: '14m',
        labels: { instance: 'c1', exporter: 'otlp_http/prometheus' },
        summary:
          'the Collector dropped 16 records for otlp_http/prometheus, which refused them for good',
      },
    },
  },
  {
    name: 'DiskFilling',
    severity: 'warning',
    metrics: [],
    expression: `max by (instance, mountpoint) (system_filesystem_utilization_ratio{${disks}}) > ${limits.diskRatio}`,
    for: '2m',
    summary:
      '{{ $labels.instance }}: {{ $labels.mountpoint }} is {{ $value | humanizePercentage }} full',
    meaning:
      'When the disk is full, spool and files shed snapshots first, and the bot’s own files may fail.',
    steps: ['`fillpath-data/archive` and old logs go first; see the retention settings.'],
    dashboard: 'health',
    query: '{service_name=~".+"} | event_name="fillpath.records.dropped"',
    test: {
      input: [
        { series: root, values: '0.5x4 0.95x20 0.5x20' },
        // Full for ever, as these are.
        { series: root.replace('mode="rw"', 'mode="ro"').replace('"/"', '"/iso"'), values: '1x50' },
        { series: root.replace('ext4', 'squashfs').replace('"/"', '"/snap"'), values: '1x50' },
      ],
      silent: ['2m', '9m'],
      fires: {
        at: '4m',
        labels: { instance: 'h1', mountpoint: '/' },
        summary: 'h1: / is 95% full',
      },
    },
  },
  {
    name: 'MemoryHigh',
    severity: 'warning',
    metrics: [],
    expression:
      '1 - sum by (instance) (system_memory_utilization_ratio{state=~"free|cached|buffered"}) ' +
      `> ${limits.memoryRatio}`,
    for: '2m',
    summary: '{{ $labels.instance }}: {{ $value | humanizePercentage }} of the memory used',
    meaning: 'The kernel will soon end a process, and it may be the bot.',
    steps: ['*Process memory* on the dashboard shows which bot grows.'],
    dashboard: 'health',
    query: '{service_name=~".+"} | event_name="trading.memory.high"',
    test: {
      input: [
        {
          series: 'system_memory_utilization_ratio{instance="h1",state="free"}',
          values: '0.5x4 0.02x20 0.5x20',
        },
        {
          series: 'system_memory_utilization_ratio{instance="h1",state="cached"}',
          values: '0.01x50',
        },
        {
          series: 'system_memory_utilization_ratio{instance="h1",state="buffered"}',
          values: '0.01x50',
        },
        // Another machine has nothing to do with it.
        {
          series: 'system_memory_utilization_ratio{instance="h2",state="free"}',
          values: '0.6x50',
        },
      ],
      silent: ['2m', '9m'],
      fires: { at: '4m', labels: { instance: 'h1' }, summary: 'h1: 96% of the memory used' },
    },
  },
]
