import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

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
    query: '{service_name="otelcol"}',
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
    name: 'DiskFilling',
    severity: 'warning',
    metrics: [],
    expression: `max by (host_name, mountpoint) (system_filesystem_utilization_ratio{type!~"tmpfs|overlay|squashfs|iso9660"}) > ${limits.diskRatio}`,
    for: '2m',
    summary:
      '{{ $labels.host_name }}: {{ $labels.mountpoint }} is {{ $value | humanizePercentage }} full',
    meaning:
      'When the disk is full, spool and files shed snapshots first, and the bot’s own files may fail.',
    steps: ['`fillpath-data/archive` and old logs go first; see the retention settings.'],
    dashboard: 'health',
    query: '{service_name="host"}',
    test: {
      input: [
        {
          series: 'system_filesystem_utilization_ratio{host_name="h1",mountpoint="/",type="ext4"}',
          values: '0.5x4 0.95x20 0.5x20',
        },
      ],
      silent: ['2m', '9m'],
      fires: {
        at: '4m',
        labels: { host_name: 'h1', mountpoint: '/' },
        summary: 'h1: / is 95% full',
      },
    },
  },
  {
    name: 'MemoryHigh',
    severity: 'warning',
    metrics: [],
    expression: `max by (host_name) (1 - system_memory_utilization_ratio{state="free"} - on (host_name) system_memory_utilization_ratio{state="cached"} - on (host_name) system_memory_utilization_ratio{state="buffered"}) > ${limits.memoryRatio}`,
    for: '2m',
    summary: '{{ $labels.host_name }}: {{ $value | humanizePercentage }} of the memory used',
    meaning: 'The kernel will soon end a process, and it may be the bot.',
    steps: ['*Process memory* on the dashboard shows which bot grows.'],
    dashboard: 'health',
    query: '{service_name="host"}',
    test: {
      input: [
        {
          series: 'system_memory_utilization_ratio{host_name="h1",state="free"}',
          values: '0.5x4 0.02x20 0.5x20',
        },
        {
          series: 'system_memory_utilization_ratio{host_name="h1",state="cached"}',
          values: '0.01x50',
        },
        {
          series: 'system_memory_utilization_ratio{host_name="h1",state="buffered"}',
          values: '0.01x50',
        },
      ],
      silent: ['2m', '9m'],
      fires: { at: '4m', labels: { host_name: 'h1' }, summary: 'h1: 96% of the memory used' },
    },
  },
]
